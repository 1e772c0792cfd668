/** Text that people wrote, in YAML (or JSON, which is YAML too), checked against a schema: all that is wrong, with its line. */
import * as v from 'valibot'
import { type Document, isCollection, isMap, isNode, LineCounter, type Node, parseDocument } from 'yaml'
import { EXIT, Problem } from './problems.ts'
import { entriesOf, schemaAt, wordsOf } from './schema-words.ts'

export interface Mistake {
  line: number
  column: number
  /** `apps.Shop.config.theme.primary`; empty for what is wrong with the text as a whole. */
  path: string
  message: string
  /** The line as it was written. */
  source: string
}

type Step = string | number
type Found<S extends v.GenericSchema> =
  | {
      value: v.InferOutput<S>
      /** For what only its reader can find. */ mistakeAt(path: Step[], message: string): Mistake
    }
  | { mistakes: Mistake[] }

/** No file that says how an app is set up is longer; a bomb of aliases would be. */
const MOST_ALIASES = 100

export function readYamlText<S extends v.GenericSchema>(text: string, schema: S): Found<S> {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const sources = text.split(/\r?\n/)
  const at = (offset: number, path: readonly Step[], message: string): Mistake => {
    const { line, col } = lines.linePos(Math.min(offset, text.length))
    return { line, column: col, path: path.join('.'), message, source: sources[line - 1] ?? '' }
  }
  if (document.errors.length > 0) return { mistakes: document.errors.map((it) => at(it.pos[0], [], plain(it.message))) }
  let written: unknown
  try {
    written = document.toJS({ maxAliasCount: MOST_ALIASES })
  } catch (error) {
    return { mistakes: [at(0, [], error instanceof Error ? error.message : String(error))] }
  }
  const parsed = v.safeParse(schema, written ?? {})
  if (parsed.success)
    return {
      value: parsed.output,
      mistakeAt: (path, message) => at(offsetOf(document, path, false), path, message),
    }
  const mistakes = parsed.issues.map((issue) => {
    const path = (issue.path ?? []).map((it) => it.key as Step)
    const isUnknown = issue.type === 'strict_object' && issue.expected === 'never'
    const isMissing = issue.type !== 'record' && valueAt(written, path) === undefined && !isUnknown
    const place = isMissing ? path.slice(0, -1) : path
    return at(offsetOf(document, place, isUnknown), path, wordsOfIssue(issue, schema, path, { isUnknown, isMissing }))
  })
  return { mistakes: firstOfEach(mistakes).sort((a, b) => a.line - b.line || a.column - b.column) }
}

const plain = (message: string) => message.replace(/\s+/g, ' ').trim()

/** A field may break several rules; the first is what to mend. */
const firstOfEach = (mistakes: Mistake[]) =>
  mistakes.filter((it, i) => mistakes.findIndex((other) => other.path === it.path) === i)

function valueAt(value: unknown, path: readonly Step[]): unknown {
  let at = value
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined
    at = (at as Record<Step, unknown>)[step]
  }
  return at
}

interface Kind {
  isUnknown: boolean
  isMissing: boolean
}

function wordsOfIssue(
  issue: v.BaseIssue<unknown>,
  schema: v.GenericSchema,
  path: Step[],
  { isUnknown, isMissing }: Kind,
): string {
  if (isUnknown) {
    const fields = entriesOf(schemaAt(schema, path.slice(0, -1))).map(([name]) => name)
    const near = nearest(String(path.at(-1)), fields)
    return `there is no such field${near ? `; did you mean ${near}?` : `; there are: ${fields.join(', ')}`}`
  }
  const expected = schemaAt(schema, path)
  if (isMissing) return `is missing: ${wordsOf(expected)}`
  if (issue.type === 'raw_check') return issue.message
  const isObjectRule = issue.kind === 'validation' && typeof issue.input === 'object' && issue.type === 'check'
  if (isObjectRule) return `expected ${issue.message}`
  return `expected ${expected === undefined ? issue.message : wordsOf(expected)}; found ${shown(issue.input)}`
}

function shown(value: unknown): string {
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'an object'
  if (typeof value !== 'string') return JSON.stringify(value)
  return value.length > 60 ? `${value.length} characters` : JSON.stringify(value)
}

/** The one that was probably meant: by at most two letters, or by case, another name. */
export function nearest(wanted: string, names: readonly string[]): string | undefined {
  const distances = names.map((name) => ({ name, by: distance(wanted.toLowerCase(), name.toLowerCase()) }))
  const [best] = distances.sort((a, b) => a.by - b.by)
  return best && best.by <= Math.min(2, wanted.length - 2) ? best.name : undefined
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    row = next
  }
  return row[b.length]!
}

/** Where the value at `path` begins, or its key; where there is no such thing, what is around it. */
function offsetOf(document: Document, path: readonly Step[], ofKey: boolean): number {
  let node: Node | null = document.contents as Node | null
  let offset = node?.range?.[0] ?? 0
  for (const [i, step] of path.entries()) {
    if (!isCollection(node)) break
    if (isMap(node)) {
      const pair = node.items.find(
        (it) => isNode(it.key) && String((it.key as { value?: unknown }).value) === `${step}`,
      )
      if (!pair) break
      const key = pair.key as Node
      node = pair.value as Node | null
      const isLast = i === path.length - 1
      offset = ((isLast && ofKey) || !node ? key.range?.[0] : node.range?.[0]) ?? offset
    } else {
      node = node.get(Number(step), true) as Node | null
      offset = node?.range?.[0] ?? offset
    }
  }
  return offset
}

/** All of them, each with the line it is in, and a mark under the place. */
function tellMistakes(name: string, mistakes: Mistake[]): string {
  const head = `${name === '-' ? 'standard input' : name} has ${mistakes.length === 1 ? 'a problem' : `${mistakes.length} problems`}, and nothing was changed`
  const each = mistakes.map(({ line, column, path, message, source }) => {
    const before = `${String(line).padStart(6)} | `
    const mark = `${' '.repeat(before.length)}${source.slice(0, column - 1).replace(/[^\t]/g, ' ')}^`
    return `  line ${line}:${column}${path ? `  ${path}:` : ' '} ${message}\n${before}${source.slice(0, 160)}\n${mark}`
  })
  return `${head}\n${each.join('\n')}`
}

/** Throws a `Problem` that names every mistake. */
export function parseYaml<S extends v.GenericSchema>(text: string, schema: S, name: string): v.InferOutput<S> {
  const found = readYamlText(text, schema)
  if ('value' in found) return found.value
  throw refuseMistakes(name, found.mistakes)
}

export const refuseMistakes = (name: string, mistakes: Mistake[]): Problem =>
  new Problem('invalid_file', tellMistakes(name, mistakes), {
    exit: EXIT.usage,
    issues: mistakes.map(({ source: _, ...it }) => ({ file: name, ...it })),
  })
