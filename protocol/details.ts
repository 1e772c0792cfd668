/** What a visitor says of themselves: nobody vouches for it, and it never takes the place of what a signed identity says. */
import * as v from 'valibot'
import { PreChatField } from './config.ts'

export const MAX_DETAIL_CHARS = 500

/** By the name of the field. `''` and `false`: it was asked, and left empty. */
export const Details = v.record(
  v.pipe(v.string(), v.regex(/^[a-z][a-z0-9_]{0,39}$/, 'a name like order_number')),
  v.union(
    [v.pipe(v.string(), v.maxLength(MAX_DETAIL_CHARS, `at most ${MAX_DETAIL_CHARS} characters`)), v.boolean()],
    'a text, or true or false',
  ),
)
export type Details = v.InferOutput<typeof Details>

export const VisitorDetails = v.object({
  details: Details,
  /** What a signed identity says of them, by the same names. */
  signed: Details,
  /** What the app asks before the first message and neither the visitor nor a signed identity has said yet, in its order. */
  asked: v.array(PreChatField),
})
export type VisitorDetails = v.InferOutput<typeof VisitorDetails>

export type DetailFlaw = 'missing' | 'email' | 'tel' | 'option' | 'kind' | 'long'

/** What is wrong with an answer, the same for the widget and the server; undefined where nothing is. */
export function flawOf(
  { type, required, options }: Pick<v.InferOutput<typeof PreChatField>, 'type' | 'required' | 'options'>,
  answer: string | boolean | undefined,
): DetailFlaw | undefined {
  if (type === 'checkbox') {
    if (typeof answer === 'string') return 'kind'
    return required && answer !== true ? 'missing' : undefined
  }
  if (typeof answer === 'boolean') return 'kind'
  const text = answer?.trim() ?? ''
  if (text === '') return required ? 'missing' : undefined
  if (text.length > MAX_DETAIL_CHARS) return 'long'
  if (type === 'email' && (text.length > 254 || !/^[^\s@]+@[^\s@]+$/.test(text))) return 'email'
  if (type === 'tel' && !(/^[+\d\s()./-]{3,40}$/.test(text) && /(\d\D*){3}/.test(text))) return 'tel'
  if (type === 'select' && !options?.includes(text)) return 'option'
  return undefined
}
