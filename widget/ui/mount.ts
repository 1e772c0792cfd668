/** The widget as a page mounts it, of whatever mode. */
import Launcher from './chrome/Launcher.ce.vue'
import { createMount } from './create-mount.ts'
import { useFocusLoop } from './focus-loop.ts'
import { watchLaunchers } from './launchers.ts'
import { useVisibleHeight } from './visible-height.ts'

export type * from '../sdk.ts'

export const mount = createMount({ Launcher, watchLaunchers, useFocusLoop, useVisibleHeight })
