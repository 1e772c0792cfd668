/** What the visitor might say next: from the app's own questions, or from the last line of a model's answer, which nobody is shown. */
import { type AppConfig, MAX_SUGGESTION_CHARS, MAX_SUGGESTIONS } from '@aside/protocol'

const OPENING = '[[ask:'
const CLOSING = ']]'
/** A line of more characters than this is none of ours. */
const LINE_CHARS = 2 * MAX_SUGGESTIONS * MAX_SUGGESTION_CHARS

/** For the prompt. */
export const followUpRule = `After your answer, on a last line of its own, put up to three short questions the user might ask next and the passages can answer, in the user's own words and language, exactly like this: ${OPENING} First question? | Second question?${CLOSING}
Leave that line out where there are none.`

/** Does this app, answered by the model of this name, offer them? */
export const offersFollowUps = ({ followUps }: AppConfig, model: string): boolean =>
  model !== 'message' && (followUps ?? model === 'local')

const tidy = (all: string[]): string[] =>
  [...new Set(all.map((it) => it.replace(/\s+/g, ' ').trim()))]
    .filter((it) => it !== '' && it.length <= MAX_SUGGESTION_CHARS)
    .slice(0, MAX_SUGGESTIONS)

/** Those of the app's suggested questions that were not asked yet: in the language in which the visitor took one up. */
export function remainingQuestions(
  { suggestedQuestions = [], wordsByLocale = {} }: AppConfig,
  asked: string[],
): string[] {
  const same = (text: string) => text.trim().toLowerCase()
  const known = new Set(asked.map(same))
  const isAsked = (text: string) => known.has(same(text))
  const local = Object.values(wordsByLocale).find((it) => it.suggestedQuestions?.some(isAsked))
  return tidy((local?.suggestedQuestions ?? suggestedQuestions).filter((it) => !isAsked(it)))
}

export interface FollowUps {
  /** More of what the model says. */
  push(text: string): void
  /**
   * The model has ended: its questions, and none where the last line is not as it was asked for. Then it is text like any other,
   * unless the model was cut (`isCut`) while it was writing that line.
   */
  end(isCut?: boolean): string[]
}

/**
 * Hands on to `onText` what a model says, but for its last line, however it comes cut: what may be the beginning of that line waits
 * until it is clear that it is not.
 */
export function createFollowUps(onText: (text: string) => void): FollowUps {
  let held = ''
  /** Nothing but white space was handed on since the last line break, or at all. */
  let isAtStart = true

  function give(text: string): void {
    if (text === '') return
    const line = text.slice(text.lastIndexOf('\n') + 1)
    isAtStart = (text.includes('\n') || isAtStart) && line.trim() === ''
    onText(text)
  }

  /** Where the line may begin, with the white space before it; the length of `held` where it does not. */
  function opening(): number {
    let from = 0
    for (;;) {
      const at = held.indexOf(OPENING[0]!, from)
      if (at < 0) break
      const before = held.slice(0, at)
      const line = before.slice(before.lastIndexOf('\n') + 1)
      const begins = line.trim() === '' && (before.includes('\n') || isAtStart)
      const rest = held.slice(at)
      if (begins && (rest.startsWith(OPENING) ? mayBeLine(rest) : OPENING.startsWith(rest)))
        return before.trimEnd().length
      from = at + 1
    }
    return held.trimEnd().length
  }

  const mayBeLine = (rest: string): boolean => rest.length <= LINE_CHARS && !rest.trimEnd().includes('\n')

  return {
    push(text) {
      held += text
      const at = opening()
      give(held.slice(0, at))
      held = held.slice(at)
    },
    end(isCut = false) {
      const line = held.trim()
      const isLine = line.startsWith(OPENING) && line.endsWith(CLOSING) && !line.includes('\n')
      const questions = isLine ? tidy(line.slice(OPENING.length, -CLOSING.length).split('|')) : []
      const isHalf = isCut && line.startsWith(OPENING) && !line.includes(CLOSING)
      if (questions.length === 0 && !isHalf) give(held)
      held = ''
      return questions
    },
  }
}
