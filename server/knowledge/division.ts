/** Divides what is too long for one passage, at the best border there is: line, sentence, word, character. */

/** No longer than `most`, in order; nothing but blanks at the borders is lost. */
export function divideText(text: string, most: number): string[] {
  return pack(text.split('\n'), most, '\n', (line) => divideLine(line, most))
}

/** Whole lines, indentation kept. */
export function divideLines(text: string, most: number): string[] {
  return pack(text.split('\n'), most, '\n', (line) => cut(line, most))
}

const sentences = new Intl.Segmenter('und', { granularity: 'sentence' })
/** Where a line has no end, look for its sentences this far at a time. */
const WINDOW = 8_192

function divideLine(line: string, most: number): string[] {
  return cut(line, WINDOW).flatMap((window) => {
    const found = [...sentences.segment(window)].map((it) => it.segment.trim())
    return pack(found, most, ' ', (sentence) => cut(sentence, most))
  })
}

/** Joins neighbours while they fit; `divide` gives parts that do. */
function pack(parts: string[], most: number, glue: string, divide: (part: string) => string[]): string[] {
  const packed: string[] = []
  let current = ''
  for (const part of parts) {
    for (const fitting of part.length > most ? divide(part) : [part]) {
      const isFirst = current === ''
      if (!isFirst && current.length + glue.length + fitting.length > most) {
        packed.push(current)
        current = fitting
      } else current = isFirst ? fitting : current + glue + fitting
    }
  }
  if (current.trim() !== '') packed.push(current)
  return packed
}

/** By length alone, at the last blank where one is near, and never inside a surrogate pair. */
function cut(text: string, most: number): string[] {
  const parts: string[] = []
  let from = 0
  while (text.length - from > most) {
    const blank = text.lastIndexOf(' ', from + most)
    let to = blank > from + most / 2 ? blank : from + most
    const code = text.charCodeAt(to)
    if (code >= 0xdc00 && code <= 0xdfff) to -= 1
    parts.push(text.slice(from, to))
    from = to
  }
  parts.push(text.slice(from))
  return parts
}
