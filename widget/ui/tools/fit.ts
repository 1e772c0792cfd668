/** Does what the model wrote fit what the page asked for? The plain part of JSON Schema: types, what is required, what is allowed. */

type Schema = Readonly<Record<string, unknown>>

const isRecord = (it: unknown): it is Record<string, unknown> =>
  typeof it === 'object' && it !== null && !Array.isArray(it)

const types: Record<string, (it: unknown) => boolean> = {
  string: (it) => typeof it === 'string',
  number: (it) => typeof it === 'number',
  integer: Number.isInteger,
  boolean: (it) => typeof it === 'boolean',
  array: Array.isArray,
  object: isRecord,
  null: (it) => it === null,
}

/** What is wrong, for the model to read; undefined where nothing is. Keywords it does not know are passed over. */
export function misfit(schema: Schema, value: unknown, at = 'arguments'): string | undefined {
  const { type, enum: allowed, required, properties, additionalProperties, items } = schema
  const named = [type].flat().filter((it) => typeof it === 'string')
  if (named.length > 0 && !named.some((it) => types[it]?.(value) ?? true)) return `${at} must be ${named.join(' or ')}`
  if (Array.isArray(allowed) && !allowed.some((it) => JSON.stringify(it) === JSON.stringify(value)))
    return `${at} must be one of ${JSON.stringify(allowed)}`
  if (Array.isArray(value) && isRecord(items)) return first(value.map((it, i) => misfit(items, it, `${at}[${i}]`)))
  if (!isRecord(value)) return undefined
  const missing = (Array.isArray(required) ? required : []).find((it) => !Object.hasOwn(value, String(it)))
  if (missing !== undefined) return `${at}.${String(missing)} is missing`
  const known = isRecord(properties) ? properties : {}
  return first(
    Object.entries(value).map(([name, it]) => {
      const own = Object.hasOwn(known, name) ? known[name] : additionalProperties
      if (own === false) return `${at}.${name} is not known`
      return isRecord(own) ? misfit(own, it, `${at}.${name}`) : undefined
    }),
  )
}

const first = (found: (string | undefined)[]): string | undefined => found.find((it) => it !== undefined)
