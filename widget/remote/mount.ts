/** What a federated host imports as `aside/mount`. */
import { mount } from '../ui/mount.ts'

export { mount }
export type {
  ContextChange,
  GetToken,
  Listener,
  Options,
  PageTool,
  Vouching,
  Widget,
  WidgetEvent,
  WidgetEvents,
} from '../ui/options.ts'
// The federation plugin unwraps a module that has nothing but a default.
export default mount
