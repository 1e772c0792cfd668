/** The assistant: every queued turn is answered once, by one process, and always comes to an end. */
export { createEngine, type Engine, type EngineLimits, engineLimits } from './engine.ts'
export { createLocal } from './local.ts'
export type { Model } from './model.ts'
export { createModels, type Models } from './models.ts'
export { createOpenAi } from './openai.ts'
