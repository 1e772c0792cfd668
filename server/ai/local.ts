import type { Model } from './model.ts'
export function createLocal(): Model {
  return {
    name: 'local',
    async generate(prompt, onText) {
      for (const w of 'I found no answer to that in the sources.'.split(/(?= )/)) {
        onText(w)
        await new Promise((r) => setTimeout(r, 5))
      }
      return { finishReason: 'stop', model: 'local' }
    },
  }
}
