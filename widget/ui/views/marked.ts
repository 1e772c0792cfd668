/** A text in pieces: those that are one of the words looked for, and those between. */
export interface Piece {
  readonly text: string
  readonly isFound: boolean
}

const letters = (text: string) =>
  text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()

/** Case and accents do not matter, as they do not where the server looks. */
export function marked(text: string, query: string): Piece[] {
  const words = letters(query).split(/\s+/).filter(Boolean)
  const clusters = Array.from(
    new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(text),
    (it) => it.segment,
  )
  const pieces: Piece[] = []
  const add = (piece: string, isFound: boolean) => {
    const last = pieces.at(-1)
    if (last?.isFound === isFound) pieces[pieces.length - 1] = { text: last.text + piece, isFound }
    else pieces.push({ text: piece, isFound })
  }
  for (let at = 0; at < clusters.length;) {
    const length = Math.max(0, ...words.map((word) => lengthOf(clusters, at, word)))
    add(clusters.slice(at, at + (length || 1)).join(''), length > 0)
    at += length || 1
  }
  return pieces
}

/** How many characters from `at` on are the word; 0 where they are not. */
function lengthOf(clusters: readonly string[], at: number, word: string): number {
  let said = ''
  for (let end = at; end < clusters.length && said.length < word.length; end++) {
    said += letters(clusters[end]!)
    if (said === word) return end - at + 1
    if (!word.startsWith(said)) return 0
  }
  return 0
}
