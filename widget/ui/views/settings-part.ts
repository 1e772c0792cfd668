import { cssOf } from '../styles.ts'
import ChoiceGroup from './ChoiceGroup.ce.vue'
import DataSettings from './DataSettings.ce.vue'
import Settings from './Settings.ce.vue'

export const settings = { component: Settings, css: cssOf({ Settings, ChoiceGroup, DataSettings }) }
