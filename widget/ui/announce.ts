/** Turns a text that grows into finished sentences for a screen reader: each once, none in pieces. */

export interface Announcer {
  /** The text so far, as it is shown. `done`: nothing more comes. */
  feed(id: string, text: string, done: boolean): void
  /** Text that was there before is not read out. */
  skip(id: string, text: string): void
  /** Forgets everything, also what was about to be said. */
  close(): void
}

/** What is read out of Markdown: the words, not the marks. */
export const spoken = (markdown: string): string =>
  markdown
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/\[\d{1,2}\]/g, '')
    .replace(/^[ \t]*(?:#{1,6}|>|[-*+]|\|)[ \t]+/gm, '')
    .replace(/[*_`~|]+/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()

const SENTENCE_END = /[.!?。！？؟।…:]["'”’)\]]*\s/

/** How much of `text` is whole sentences or whole lines. */
function finished(text: string, locale: string): number {
  const line = text.lastIndexOf('\n') + 1
  let end = line
  // Asked for every frame: nearly always there is nothing to look for.
  if (!SENTENCE_END.test(text.slice(line))) return end
  for (const { segment, index } of new Intl.Segmenter(locale, { granularity: 'sentence' }).segment(text.slice(line)))
    if (/[.!?。！？؟।…:]["'”’)\]]*\s+$/.test(segment)) end = line + index + segment.length
  return end
}

export function createAnnouncer(say: (text: string) => void, locale: () => string, everyMs = 1_500): Announcer {
  const told = new Map<string, number>()
  let waiting = ''
  let timer: ReturnType<typeof setTimeout> | undefined

  function tell(words: string): void {
    if (!words) return
    waiting = waiting ? `${waiting} ${words}` : words
    timer ??= setTimeout(() => {
      timer = undefined
      say(waiting)
      waiting = ''
    }, everyMs)
  }

  return {
    feed(id, text, done) {
      const from = told.get(id) ?? 0
      if (text.length <= from) return
      const rest = text.slice(from)
      const chars = done ? rest.length : finished(rest, locale())
      if (chars === 0) return
      told.set(id, from + chars)
      tell(spoken(rest.slice(0, chars)))
    },
    skip: (id, text) => void told.set(id, text.length),
    close() {
      clearTimeout(timer)
      timer = undefined
      waiting = ''
      told.clear()
    },
  }
}
