/** What a schema allows, in a few words: for an editor's comments, for what is wrong in a file, for the reference. */

/** As much of a valibot schema as is needed to tell about it. */
interface Described {
  type: string
  kind?: string
  pipe?: { kind: string; type: string; requirement?: unknown; message?: unknown }[]
  entries?: Record<string, Described>
  options?: readonly unknown[]
  item?: Described
  key?: Described
  value?: Described
  wrapped?: Described
  literal?: unknown
  message?: unknown
}

const isSchema = (it: unknown): it is Described => typeof it === 'object' && it !== null && 'type' in it
const isOptional = ({ type }: Described) => type === 'optional' || type === 'nullish'

/** The schema itself, without what makes it optional or transforms it. */
function inner(schema: Described): Described {
  return isOptional(schema) || schema.type === 'nullable' || schema.type === 'exact_optional'
    ? inner(schema.wrapped!)
    : schema
}

/** Its rules, and those of what it is built on. */
const rulesOf = (schema: Described): NonNullable<Described['pipe']> =>
  (schema.pipe ?? []).flatMap((it, i) => (i === 0 && it !== schema && isSchema(it) ? [it, ...rulesOf(it)] : [it]))

const limit = (schema: Described, type: string): number | undefined => {
  const found = rulesOf(schema).find((it) => it.type === type)?.requirement
  return typeof found === 'number' ? found : undefined
}

/** What the schema's author says is expected: of a pattern, or of a check. */
function own(schema: Described): string | undefined {
  const rule = rulesOf(schema).find((it) => it.type === 'regex' || (it.type === 'check' && schema.type === 'string'))
  return typeof rule?.message === 'string' ? rule.message : undefined
}

const list = (words: string[]) =>
  words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`

function range(least: number | undefined, most: number | undefined): string {
  if (least !== undefined && most !== undefined) return ` from ${least} to ${most}`
  if (most !== undefined) return `, at most ${most}`
  return least === undefined ? '' : `, at least ${least}`
}

function wordsOfText(schema: Described): string {
  const said = own(schema)
  if (said !== undefined) return said
  if (rulesOf(schema).some((it) => it.type === 'iso_timestamp')) return 'a time like 2026-01-05T09:30:02.740Z'
  const most = limit(schema, 'max_length')
  const some = (limit(schema, 'min_length') ?? 0) > 0 ? 'text, not empty' : 'text'
  return most === undefined ? some : `${some}, at most ${most} characters`
}

/** `a whole number from 0 to 32`, `a colour like #3355ff`, `{ name, label? }`. Deeper than `depth`, objects are only named. */
export function wordsOf(given: unknown, depth = 1): string {
  if (!isSchema(given)) return 'anything'
  const schema = inner(given)
  switch (schema.type) {
    case 'string':
      return wordsOfText(schema)
    case 'number': {
      const isWhole = rulesOf(schema).some((it) => it.type === 'integer')
      return `a ${isWhole ? 'whole ' : ''}number${range(limit(schema, 'min_value'), limit(schema, 'max_value'))}`
    }
    case 'boolean':
      return 'true or false'
    case 'picklist':
      return list((schema.options ?? []).map(String))
    case 'literal':
      return JSON.stringify(schema.literal)
    case 'array': {
      const most = limit(schema, 'max_length')
      return `a list${most === undefined ? '' : ` of at most ${most}`}, each ${wordsOf(schema.item, depth)}`
    }
    case 'record':
      return `by ${wordsOf(schema.key, 0)}, each ${wordsOf(schema.value, depth - 1)}`
    case 'union':
    case 'variant':
      return list((schema.options ?? []).map((it) => wordsOf(it, depth)))
    default:
      if (!schema.entries) return schema.type === 'unknown' || schema.type === 'any' ? 'anything' : schema.type
      return depth <= 0 ? 'an object' : `{ ${fieldsOf(schema).join(', ')} }`
  }
}

/** The names of an object's fields, with `?` after those that may be left out. */
export const fieldsOf = (schema: unknown): string[] =>
  isSchema(schema)
    ? Object.entries(inner(schema).entries ?? {}).map(([name, it]) => (isOptional(it) ? `${name}?` : name))
    : []

/** Of an object: name and schema of each field. */
export const entriesOf = (schema: unknown): [string, unknown][] =>
  isSchema(schema) ? Object.entries(inner(schema).entries ?? {}) : []

/** The schema of what stands at `path`. Undefined where nothing is known of it. */
export function schemaAt(schema: unknown, path: readonly (string | number)[]): unknown {
  let at: unknown = schema
  for (const step of path) {
    if (!isSchema(at)) return undefined
    const it = inner(at)
    if (it.type === 'array') at = it.item
    else if (it.type === 'record') at = it.value
    else if (it.entries && Object.hasOwn(it.entries, step)) at = it.entries[step]
    else return undefined
  }
  return at
}

export const mayBeLeftOut = (schema: unknown): boolean => isSchema(schema) && isOptional(schema)

/** Is what stands there always text? Then it needs no quotes. */
export const isText = (schema: unknown): boolean =>
  isSchema(schema) && ['string', 'picklist'].includes(inner(schema).type)
