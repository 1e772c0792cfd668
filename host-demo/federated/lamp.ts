import { defineStore } from 'pinia'
import { computed, ref } from 'vue'

export interface Finish {
  id: string
  name: string
  color: string
  /** Of the grain, for woods. */
  dark?: string
  extraEuros: number
}

export const models = [
  { id: 'heron', name: 'Heron', euros: 345 },
  { id: 'wren', name: 'Wren', euros: 195 },
  { id: 'ferry', name: 'Ferry', euros: 265 },
]
export const woods: Finish[] = [
  { id: 'larch', name: 'Larch', color: '#c98f4e', dark: '#8a5a2a', extraEuros: 0 },
  { id: 'ash', name: 'Ash', color: '#dcc59c', dark: '#a98c5b', extraEuros: 0 },
  { id: 'walnut', name: 'Walnut', color: '#6f4a31', dark: '#452b1a', extraEuros: 40 },
]
export const shades: Finish[] = [
  { id: 'pine', name: 'Pine green', color: '#2c5547', extraEuros: 0 },
  { id: 'brick', name: 'Brick', color: '#a4452f', extraEuros: 0 },
  { id: 'slate', name: 'Slate blue', color: '#4a6078', extraEuros: 0 },
  { id: 'brass', name: 'Bare brass', color: '#b8924a', extraEuros: 25 },
]

/** The lamp on the bench. The shop's own store: the chat has one of its own. */
export const useLamp = defineStore('lamp', () => {
  const model = ref('wren')
  const wood = ref('larch')
  const shade = ref('brick')
  const chosen = computed(() => ({
    model: models.find(({ id }) => id === model.value) ?? models[0]!,
    wood: woods.find(({ id }) => id === wood.value) ?? woods[0]!,
    shade: shades.find(({ id }) => id === shade.value) ?? shades[0]!,
  }))
  const euros = computed(() => chosen.value.model.euros + chosen.value.wood.extraEuros + chosen.value.shade.extraEuros)
  return { model, wood, shade, chosen, euros }
})
