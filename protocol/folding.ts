/** Texts as they are compared in a search: without case, and without accents where an accent does not make another letter. */

/** Scripts in which a letter with an accent is found by the letter alone. Elsewhere a mark makes another letter, or is a vowel. */
const accented = /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]/u
/** What stands above or below a letter and may be left out in writing: accents, and the vowel points of Arabic and Hebrew. */
const optional = /^(?![\u3099\u309a])[\p{Script=Inherited}\p{Script=Arabic}\p{Script=Hebrew}]$/u
const mark = /^\p{M}$/u
const marks = /\p{M}/gu

const known = new Map<string, string>()

function foldOne(letter: string): string {
  if (mark.test(letter)) return optional.test(letter) ? '' : letter
  const lower = letter.normalize('NFKC').toLowerCase()
  const bare = accented.test(letter) ? lower.normalize('NFKD').replace(marks, '') : lower
  return bare.replace(/ß/g, 'ss').replace(/ς/g, 'σ')
}

/** One character, however long what it is compared as. Each by itself: whole texts can be made so that normalizing takes seconds. */
function foldLetter(letter: string): string {
  let folded = known.get(letter)
  if (folded === undefined) {
    folded = foldOne(letter)
    if (known.size >= 5_000) known.clear()
    known.set(letter, folded)
  }
  return folded
}

export function fold(text: string): string {
  if (/^[\x00-\x7f]*$/.test(text)) return text.toLowerCase()
  let folded = ''
  for (const letter of text) folded += letter < '\x80' ? letter.toLowerCase() : foldLetter(letter)
  return folded
}

/** The same with where each code unit of it comes from, as an offset in `text`. */
export function foldWithPlaces(text: string): { folded: string; places: number[] } {
  let folded = ''
  const places: number[] = []
  let at = 0
  for (const letter of text) {
    const more = letter < '\x80' ? letter.toLowerCase() : foldLetter(letter)
    folded += more
    for (let i = 0; i < more.length; i++) places.push(at)
    at += letter.length
  }
  places.push(at)
  return { folded, places }
}

/** The words of a query, as they are looked for in what `fold` gives. */
export const queryWords = (query: string): string[] => fold(query).split(/\s+/).filter(Boolean)
