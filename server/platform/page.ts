/** Long lists, a page at a time. A page goes on after the last row of the one before, so nothing is skipped or seen twice. */
import { createHash } from 'node:crypto'
import { Fault } from '@aside/protocol'
import type { Scope } from './scope.ts'

export interface PageQuery {
  /** At most so many rows. */
  limit: number
  cursor?: string | undefined
}

export interface Page<T> {
  items: T[]
  /** Absent on the last page. */
  nextCursor?: string
}

/** Ties a cursor to its list and tenant. It guards nothing, for the rows do not depend on it: it tells a mistake apart. */
const tie = (scope: Scope, list: string, after: string) =>
  createHash('sha256').update(`${scope.tenantId}\n${list}\n${after}`).digest().subarray(0, 6)

function write(scope: Scope, list: string, after: string): string {
  return Buffer.concat([tie(scope, list, after), Buffer.from(after)]).toString('base64url')
}

function read(scope: Scope, list: string, cursor: string): string {
  const bytes = Buffer.from(cursor, 'base64url')
  const after = bytes.subarray(6).toString()
  if (bytes.length < 7 || !tie(scope, list, after).equals(bytes.subarray(0, 6))) {
    const message = 'not a nextCursor of this list'
    throw new Fault('invalid_input', `query.cursor: ${message}`, { issues: [{ path: 'query.cursor', message }] })
  }
  return after
}

/** `find` gives at most `limit` rows after `after`, in the list's order, which is that of `keyOf`. */
export async function pageOf<Row>(
  scope: Scope,
  list: string,
  { limit, cursor }: PageQuery,
  find: (after: string | undefined, limit: number) => Promise<Row[]>,
  keyOf: (row: Row) => string = (row) => (row as { id: string }).id,
): Promise<Page<Row>> {
  const found = await find(cursor === undefined ? undefined : read(scope, list, cursor), limit + 1)
  const items = found.slice(0, limit)
  return found.length > limit ? { items, nextCursor: write(scope, list, keyOf(items.at(-1)!)) } : { items }
}
