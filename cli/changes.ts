/** What two values have differently, and how a person is shown it. */
import { isDeepStrictEqual } from 'node:util'
import type { ConfigChange } from '@aside/protocol'
import { type Output, printable } from './output.ts'

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Value by value, in the order of their paths, as the server tells it: lists are compared whole. */
export function changesBetween(before: unknown, after: unknown, path = ''): ConfigChange[] {
  if (isObject(before) && isObject(after))
    return [...new Set([...Object.keys(before), ...Object.keys(after)])]
      .sort()
      .flatMap((key) => changesBetween(before[key], after[key], path === '' ? key : `${path}.${key}`))
  if (isDeepStrictEqual(before, after)) return []
  return [{ path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }]
}

const shown = (value: unknown) => {
  const text = typeof value === 'string' && !/^\s|\s$|^$|\n/.test(value) ? value : JSON.stringify(value)
  return printable(text.length > 200 ? `${text.slice(0, 200)}…` : text)
}

/** A group that is new, or gone, is shown value by value too. */
const leaves = (value: unknown, path: string): [string, unknown][] =>
  isObject(value) && Object.keys(value).length > 0
    ? Object.entries(value).flatMap(([key, it]) => leaves(it, path === '' ? key : `${path}.${key}`))
    : [[path, value]]
function spread({ path, before, after }: ConfigChange): ConfigChange[] {
  if (before === undefined) return leaves(after, path).map(([at, it]) => ({ path: at, after: it }))
  if (after === undefined) return leaves(before, path).map(([at, it]) => ({ path: at, before: it }))
  return [{ path, before, after }]
}

/** One line each: `+` is new, `-` is gone, `~` is another. */
export function showChanges({ paint, line }: Output, all: ConfigChange[], indent = ''): void {
  const changes = all.flatMap(spread)
  const width = Math.min(32, Math.max(...changes.map((it) => it.path.length), 0))
  for (const { path, before, after } of changes) {
    const name = printable(path).padEnd(width)
    if (before === undefined) line(`${indent}${paint.green(`+ ${name}  ${shown(after)}`)}`)
    else if (after === undefined) line(`${indent}${paint.red(`- ${name}  ${shown(before)}`)}`)
    else
      line(
        `${indent}${paint.yellow(`~ ${name}`)}  ${paint.red(shown(before))} ${paint.dim('→')} ${paint.green(shown(after))}`,
      )
  }
}
