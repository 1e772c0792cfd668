/** The model that needs no key: it quotes the app's own sources, says where each quote stands, and says when they hold no answer. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Fault } from '@aside/protocol'
import { ANSWERING, quote } from '../knowledge/index.ts'
import type { Completion, Model, Prompt } from './model.ts'

/** Quotes to an answer, and how far one may go: what is quoted shall be read, not skipped. */
const QUOTES = 3
const QUOTE_CHARS = 700

/** What it says in words of its own, in the question's script where that tells the language, else in English. */
const noAnswer: [script: RegExp, text: string][] = [
  [/\p{Script=Cyrillic}/u, 'В источниках я не нашёл ответа на этот вопрос. Попробуйте спросить иначе.'],
  [/\p{Script=Greek}/u, 'Δεν βρήκα απάντηση σε αυτό στις πηγές. Δοκιμάστε να το ρωτήσετε αλλιώς.'],
  [/\p{Script=Arabic}/u, 'لم أجد في المصادر إجابة عن هذا السؤال. جرّب صياغة أخرى.'],
  [/\p{Script=Devanagari}/u, 'मुझे स्रोतों में इसका उत्तर नहीं मिला। कृपया दूसरे शब्दों में पूछें।'],
  [/\p{Script=Thai}/u, 'ไม่พบคำตอบของคำถามนี้ในแหล่งข้อมูล ลองถามด้วยคำอื่น'],
  [/\p{Script=Hiragana}|\p{Script=Katakana}/u, '資料の中に答えが見つかりませんでした。別の言葉で聞いてみてください。'],
  [/\p{Script=Hangul}/u, '자료에서 답을 찾지 못했습니다. 다른 말로 물어봐 주세요.'],
  [/\p{Script=Han}/u, '我在资料中没有找到这个问题的答案。请换一种说法再问。'],
]
const plainly =
  'I found no answer to that in the sources. Try asking in other words, or about something else they cover.'

/** `paceMs` is between the pieces of a few words in which the answer is given; 0 gives it all at once. */
export function createLocal({ paceMs = 12 }: { paceMs?: number } = {}): Model {
  return {
    name: 'local',
    async generate(prompt, onText, signal): Promise<Completion> {
      const aborted = () => new Fault('aborted', 'The answer was stopped')
      for (const piece of pieces(answer(prompt))) {
        if (signal.aborted) throw aborted()
        onText(piece)
        if (paceMs > 0)
          await sleep(paceMs, undefined, { signal }).catch(() => {
            throw aborted()
          })
      }
      return { finishReason: 'stop', model: 'local' }
    },
  }
}

function answer({ messages, passages }: Prompt): string {
  const question = messages.findLast((it) => it.role === 'user')?.content ?? ''
  const { coverage, quotes } = quote(passages, question, QUOTES)
  if (quotes.length === 0 || coverage < ANSWERING)
    return noAnswer.find(([script]) => script.test(question))?.[1] ?? plainly
  const byPassage = Map.groupBy(quotes, (it) => it.passage)
  return [...byPassage]
    .map(([passage, quotes]) => {
      const { title, headingPath } = passages[passage]!
      const place = [...new Set([title, ...headingPath])].map(asText).join(' › ')
      return [`**${place}** [${passage + 1}]`, ...quotes.map((it) => quoted(it.text))].join('\n\n')
    })
    .join('\n\n')
}

/** As a Markdown block quote. One too long is cut at a sentence, or else at a word. */
function quoted(text: string): string {
  const isWhole = text.length <= QUOTE_CHARS
  const shown = isWhole
    ? text
    : `${text
        .slice(0, QUOTE_CHARS)
        .replace(/\s+\S*$/, '')
        .toWellFormed()} …`
  const fences = shown.match(/^```/gm)?.length ?? 0
  return `${shown}${fences % 2 === 1 ? '\n```' : ''}`
    .split('\n')
    .map((line) => `> ${line}`)
    .join('\n')
}

/** A document's own words in a heading: shown as they are, not read as Markdown. */
const asText = (text: string) => text.replace(/[\\*_`[\]<>]/g, '\\$&')

/** A few words at a time. */
const pieces = (text: string): string[] => text.match(/[\s\S]{1,14}(?:\s+|$)|[\s\S]{1,14}/gu) ?? []
