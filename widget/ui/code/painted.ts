/** Code in its colours, as it was: what stays the same is not looked at again. */
import { type FunctionalComponent, h } from 'vue'
import type { Piece } from './highlight.ts'

export const Painted: FunctionalComponent<{ pieces: readonly Piece[] }> = ({ pieces }) =>
  pieces.map(({ text, kind }) => (kind ? h('span', { class: `code-${kind}` }, text) : text))
Painted.props = ['pieces']
