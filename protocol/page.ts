/** What the page around the widget gives to a question: where the visitor is, and what the assistant may ask the page to do. */
import * as v from 'valibot'
import { id } from './ids.ts'

const MAX_DEPTH = 32
const jsonChars = (value: unknown): number => JSON.stringify(value)?.length ?? 0

function isFlat(value: unknown, depth = MAX_DEPTH): boolean {
  if (typeof value !== 'object' || value === null) return true
  return depth > 0 && Object.values(value).every((it) => isFlat(it, depth - 1))
}

const MAX_CONTEXT_KEYS = 30
const MAX_CONTEXT_CHARS = 4_000

/** What the page says of where the visitor is: plan, cart, address. Nobody has signed it, so it proves nothing. */
export const PageContext = v.pipe(
  v.record(
    v.pipe(v.string(), v.minLength(1, 'a name'), v.maxLength(60, 'a name of at most 60 characters')),
    v.union([v.string(), v.number(), v.boolean()], 'a text, a number, true or false'),
  ),
  v.check((it) => Object.keys(it).length <= MAX_CONTEXT_KEYS, `at most ${MAX_CONTEXT_KEYS} names`),
  v.check((it) => jsonChars(it) <= MAX_CONTEXT_CHARS, `at most ${MAX_CONTEXT_CHARS} characters of JSON`),
)
export type PageContext = v.InferOutput<typeof PageContext>

/** Something the page can do when the assistant asks for it and the visitor agrees. */
export const ToolDefinition = v.strictObject({
  name: v.pipe(v.string(), v.regex(/^[a-zA-Z][a-zA-Z0-9_]{0,63}$/, 'a name like find_order')),
  /** For the model: what it does, and when to ask for it. */
  description: v.pipe(v.string(), v.maxLength(1_000, 'at most 1000 characters')),
  /** JSON Schema of an object. */
  parameters: v.pipe(
    v.record(v.string(), v.unknown()),
    v.check((it) => isFlat(it), `at most ${MAX_DEPTH} levels`),
    v.check((it) => it['type'] === 'object', 'a schema of type object'),
  ),
})
export type ToolDefinition = v.InferOutput<typeof ToolDefinition>

const MAX_TOOLS_CHARS = 8_192
export const ToolDefinitions = v.pipe(
  v.array(ToolDefinition),
  v.maxLength(16, 'at most 16 tools'),
  v.check((tools) => new Set(tools.map((it) => it.name)).size === tools.length, 'each name once'),
  v.check(
    (tools) => tools.every((it) => isFlat(it)) && jsonChars(tools) <= MAX_TOOLS_CHARS,
    `at most ${MAX_TOOLS_CHARS} characters of JSON`,
  ),
)

export const MAX_TOOL_RESULT_CHARS = 16_384

/** What a tool gave, or, where it failed, why. */
export const ToolResult = v.pipe(
  v.unknown(),
  v.check((it) => isFlat(it), `at most ${MAX_DEPTH} levels`),
  v.check(
    (it) => isFlat(it) && jsonChars(it) <= MAX_TOOL_RESULT_CHARS,
    `at most ${MAX_TOOL_RESULT_CHARS} characters of JSON`,
  ),
)

export const ToolOutcome = v.picklist(['done', 'declined', 'failed'])
export type ToolOutcome = v.InferOutput<typeof ToolOutcome>

/** A tool the assistant wants the page to use. `asked`: nobody has decided yet. */
export const ToolCall = v.object({
  id: id('toolCall'),
  name: v.string(),
  arguments: v.record(v.string(), v.unknown()),
  status: v.picklist(['asked', ...ToolOutcome.options]),
  result: v.optional(v.unknown()),
})
export type ToolCall = v.InferOutput<typeof ToolCall>
