/** The numbers a reader sees: 1, 2, 3 as they come in the text, whichever numbers the passages had when they were found. */
import type { Citation } from '@aside/protocol'

/** `[2]`, `[2, 3]`: with its numbers as the only group, for `split`. */
export const MARK = /\[(\d{1,2}(?:\s?,\s?\d{1,2}){0,9})\]/

export const numbersOf = (list: string): number[] => list.split(',').map(Number)

/** In the order the text names them; those it does not name come last. Shown with their place, from 1. */
export function inOrder(text: string, citations: readonly Citation[]): Citation[] {
  const named = [...text.matchAll(new RegExp(MARK, 'g'))].flatMap(([, list = '']) => numbersOf(list))
  const place = ({ number }: Citation) => (named.includes(number) ? named.indexOf(number) : Infinity)
  return citations.toSorted((a, b) => (place(a) === place(b) ? a.number - b.number : place(a) - place(b)))
}

/** What the mark of a citation shows, or nothing where there is no such citation. */
export function shownAs(number: number, ordered: readonly Citation[]): number | undefined {
  const at = ordered.findIndex((it) => it.number === number)
  return at < 0 ? undefined : at + 1
}

/** The text with the numbers a reader sees, for who takes it elsewhere. */
export const asShown = (text: string, ordered: readonly Citation[]): string =>
  text.replace(new RegExp(MARK, 'g'), (_, list: string) => {
    const shown = numbersOf(list).map((number) => shownAs(number, ordered) ?? number)
    return `[${shown.join(', ')}]`
  })
