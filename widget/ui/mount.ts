/** The widget as a page mounts it, of whatever mode. */
import Launcher from './chrome/Launcher.ce.vue'
import { createMount } from './create-mount.ts'

export type * from '../sdk.ts'

export const mount = createMount(Launcher)
