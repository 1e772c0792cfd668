import { defineComponent, h } from 'vue'
import { cssOf } from '../styles.ts'
import Course from './Course.ce.vue'
import Desk from './Desk.ce.vue'
import EndOfTalk from './EndOfTalk.ce.vue'
import FieldForm from './FieldForm.ce.vue'
import Offers from './Offers.ce.vue'
import RatingCard from './RatingCard.ce.vue'

const css = cssOf({ Course, Offers, EndOfTalk, FieldForm, RatingCard, Desk })

/** One part for both places: what belongs to the thread, and to where the composer would be. */
const component = defineComponent({
  inheritAttrs: false,
  setup:
    (_, { attrs: { desk, ...attrs } }) =>
    () =>
      h(desk === undefined ? Course : Desk, attrs),
})

export const course = { component, css }
