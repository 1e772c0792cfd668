/** `theme.primary=#ff0000`: one value of a configuration, as it is typed on a command line. */
import { parse, stringify } from 'yaml'
import { AppConfig } from '@aside/protocol'
import { usage } from './problems.ts'
import { isText, schemaAt, wordsOf } from './schema-words.ts'
import { readYamlText } from './read-yaml.ts'

type Tree = Record<string, unknown> | unknown[]
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null
const ownProperty = (tree: Tree, step: string): unknown =>
  Object.hasOwn(tree, step) ? (tree as Record<string, unknown>)[step] : undefined

export interface Assignment {
  path: string[]
  /** Undefined takes the value away. */
  value: unknown
}

const readPath = (text: string): string[] => {
  const path = text.split('.')
  if (path.some((it) => it === '' || it === '__proto__'))
    throw usage(`${text} is no path`, 'one looks like theme.primary')
  return path
}

/** Where text is expected it is taken as it is; anything else is YAML: `true`, `0.2`, `[one, two]`, `{ de: … }`. */
export function readAssignment(text: string): Assignment {
  const at = text.indexOf('=')
  if (at < 1) throw usage(`${text} sets nothing`, 'write <path>=<value>, like theme.primary=#ff0000')
  const path = readPath(text.slice(0, at))
  const written = text.slice(at + 1)
  if (isText(schemaAt(AppConfig, path)) && !/^\s*["'|>]/.test(written)) return { path, value: written }
  try {
    return { path, value: parse(written, { prettyErrors: false }) as unknown }
  } catch (error) {
    throw usage(`${text.slice(0, at)}: ${error instanceof Error ? error.message : String(error)}`, 'values are YAML')
  }
}

export const readRemoval = (text: string): Assignment => ({ path: readPath(text), value: undefined })

/** A new configuration; the one given stays as it is. Throws with everything that is wrong with the result. */
export function assign(config: AppConfig, assignments: Assignment[]): AppConfig {
  const result = structuredClone(config) as Record<string, unknown>
  for (const { path, value } of assignments) put(result, path, value)
  const found = readYamlText(stringify(result), AppConfig)
  if ('value' in found) return found.value
  throw usage(
    found.mistakes.map((it) => `${it.path}: ${it.message}`).join('\n       '),
    undefined,
    found.mistakes.map(({ path, message }) => {
      const allowed = schemaAt(AppConfig, path.split('.'))
      return { path, message, ...(allowed === undefined ? {} : { allowed: wordsOf(allowed) }) }
    }),
  )
}

function put(root: Record<string, unknown>, path: string[], value: unknown): void {
  const trail: { tree: Tree; step: string }[] = []
  let at: Tree = root
  for (const step of path.slice(0, -1)) {
    trail.push({ tree: at, step })
    let next = ownProperty(at, step)
    if (!isTree(next)) {
      if (value === undefined) return
      next = {}
      ;(at as Record<string, unknown>)[step] = next
    }
    at = next as Tree
  }
  const last = path.at(-1)!
  if (value !== undefined) (at as Record<string, unknown>)[last] = value
  else if (Array.isArray(at)) at.splice(Number(last), 1)
  else delete at[last]
  // What was the last of a group takes the group with it.
  for (const { tree, step } of trail.reverse())
    if (value === undefined && !Array.isArray(tree) && Object.keys(tree[step] as object).length === 0) delete tree[step]
}
