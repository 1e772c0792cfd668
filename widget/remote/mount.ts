/** What a federated host imports as `aside/mount`. */
import { mount } from '../ui/mount.ts'

export { mount }
export type * from '../sdk.ts'
// The federation plugin unwraps a module that has nothing but a default.
export default mount
