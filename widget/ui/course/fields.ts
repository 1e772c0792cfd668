/** The answers to a form as they are being given: kept through a reload, until they are taken. */
import { type Details, flawOf, type Settings } from '@aside/protocol'
import { reactive, watch } from 'vue'
import type { Core } from '../../core/index.ts'

type Asked = Settings['preChat'][number]
/** `long`: a message, of as many characters as one may have. */
export type Field = Omit<Asked, 'type'> & { type: Asked['type'] | 'long' }
export type Answers = Record<string, string | boolean>

/** What the browser may fill in, by the name or type of a field. */
export function autocompleteOf({ name, type }: Field): string | undefined {
  if (type === 'email' || type === 'tel') return type
  return name === 'name' ? 'name' : name === 'company' || name === 'organization' ? 'organization' : undefined
}

function stored(store: Core['store'], name: string): Answers {
  try {
    const found: unknown = JSON.parse(store.get(name) ?? '{}')
    if (typeof found !== 'object' || found === null) return {}
    return Object.fromEntries(
      Object.entries(found).filter(([, it]) => typeof it === 'string' || typeof it === 'boolean'),
    )
  } catch {
    return {}
  }
}

/** `name` is where they are kept; `forget` when they have arrived. */
export function useAnswers(store: Core['store'], name: string, first: Answers): { answers: Answers; forget(): void } {
  const answers = reactive({ ...first, ...stored(store, name) })
  const stop = watch(answers, (it) => store.set(name, JSON.stringify(it)))
  return {
    answers,
    forget() {
      stop()
      store.set(name, undefined)
    },
  }
}

/** One entry for each field: what was left empty was asked all the same. */
export const asDetails = (fields: readonly Field[], answers: Answers): Details =>
  Object.fromEntries(
    fields.map(({ name, type }) => {
      const answer = answers[name]
      return [name, type === 'checkbox' ? answer === true : typeof answer === 'string' ? answer.trim() : '']
    }),
  )

export function flawsOf(fields: readonly Field[], answers: Answers): Record<string, ReturnType<typeof flawOf>> {
  const flaw = ({ type, name, ...field }: Field) => {
    if (type !== 'long') return flawOf({ type, ...field }, answers[name])
    const isThere = typeof answers[name] === 'string' && answers[name].trim() !== ''
    return field.required && !isThere ? ('missing' as const) : undefined
  }
  return Object.fromEntries(fields.map((it) => [it.name, flaw(it)]))
}
