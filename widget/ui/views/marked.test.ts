import { expect, it } from 'vitest'
import { marked } from './marked.ts'

const said = (text: string, query: string) =>
  marked(text, query)
    .map((it) => (it.isFound ? `[${it.text}]` : it.text))
    .join('')

it('marks the words looked for, whatever their case and accents', () => {
  expect(said('Où est le CAFÉ ?', 'cafe ou')).toBe('[Où] est le [CAFÉ] ?')
  expect(said('Cafe\u0301, cafés', 'café')).toBe('[Cafe\u0301], [café]s')
  expect(said('القَهوة', 'قهوة')).toBe('ال[قَهوة]')
})

it('leaves a text without them as it is, and an empty one empty', () => {
  expect(marked('Nothing', 'x')).toEqual([{ text: 'Nothing', isFound: false }])
  expect(marked('', 'x')).toEqual([])
  expect(marked('a b', '  ')).toEqual([{ text: 'a b', isFound: false }])
})
