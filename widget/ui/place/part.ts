import { cssOf } from '../styles.ts'
import PlaceGrips from './PlaceGrips.ce.vue'

export const place = { component: PlaceGrips, css: cssOf({ PlaceGrips }) }
