/** Keys: shown once, stored hashed, scoped; a mistyped one is refused without asking the store. */
export { Keys as KeyTable } from './entities.ts'
export { createKeys, type Keys } from './keys.ts'
export { keyRoutes } from './routes.ts'
