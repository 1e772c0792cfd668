import { foldWithPlaces, queryWords } from '@aside/protocol'

/** A text in pieces: those that are one of the words looked for, and those between. */
export interface Piece {
  readonly text: string
  readonly isFound: boolean
}

/** As the server looks: case and accents do not matter. */
export function marked(text: string, query: string): Piece[] {
  const words = queryWords(query)
  const { folded, places } = foldWithPlaces(text)
  const pieces: Piece[] = []
  let told = 0
  const add = (end: number, isFound: boolean) => {
    if (end > told) pieces.push({ text: text.slice(told, end), isFound })
    told = Math.max(told, end)
  }
  for (let at = 0; at < folded.length;) {
    const length = Math.max(0, ...words.map((word) => (folded.startsWith(word, at) ? word.length : 0)))
    if (length > 0) {
      add(places[at]!, false)
      // With the marks that belong to its last letter, and the whole of a letter that is compared as several.
      add(places.find((place, i) => i >= at + length && place > places[at + length - 1]!) ?? text.length, true)
    }
    at += length || 1
  }
  add(text.length, false)
  return pieces
}
