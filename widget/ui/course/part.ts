import { cssOf } from '../styles.ts'
import Course from './Course.ce.vue'
import Desk from './Desk.ce.vue'
import EndOfTalk from './EndOfTalk.ce.vue'
import FieldForm from './FieldForm.ce.vue'
import Offers from './Offers.ce.vue'
import RatingCard from './RatingCard.ce.vue'

const css = cssOf({ Course, Offers, EndOfTalk, FieldForm, RatingCard, Desk })

export const course = { component: Course, css }
export const desk = { component: Desk, css }
