/**
 * The rows of one table, through prepared statements. The ORM defines the tables, migrates them and serves the admin side;
 * it writes every value into the SQL text, though, so that each query is parsed anew, and that is most of what a turn would
 * cost (docs/decisions/0005). What every message passes goes this way. The tenant is in every statement.
 */
import { DateTimeType, type EntitySchema, type InferEntity, JsonType } from '@mikro-orm/core'
import { ALL_TENANTS } from './db.ts'
import type { Scope } from './scope.ts'

type Operator = { lt?: unknown; lte?: unknown; gt?: unknown; gte?: unknown; not?: unknown }
/** A value (equals), null (is null), a list (is one of), or a comparison. Undefined is no condition. */
export type Where<Row> = { [K in keyof Row]?: Row[K] | Row[K][] | Operator | undefined }

export interface FindOptions<Row> {
  orderBy?: { [K in keyof Row]?: 'asc' | 'desc' }
  limit?: number
  /** Nobody else changes the rows found until the transaction is over. */
  lock?: boolean
}

/** A condition in SQL, with `?` placeholders. */
export interface Condition {
  text: string
  values: unknown[]
}

export interface Rows<Row> {
  find(scope: Scope, where: Where<Row>, options?: FindOptions<Row>): Promise<Row[]>
  one(scope: Scope, where: Where<Row>, options?: FindOptions<Row>): Promise<Row | undefined>
  /** One that must be there. */
  get(scope: Scope, where: Where<Row>): Promise<Row>
  /** All columns are given but the tenant, which is the scope's. */
  insert(scope: Scope, rows: Omit<Row, 'tenantId'> | Omit<Row, 'tenantId'>[]): Promise<void>
  /** Returns how many rows were changed. Throws where `where` names no condition. */
  update(scope: Scope, where: Where<Row>, changes: Partial<Row>): Promise<number>
  /** Returns how many rows are gone. Throws where `where` names no condition. */
  remove(scope: Scope, where: Where<Row>): Promise<number>
  /** The next of those that fit, in the order of the primary key, after the row given. */
  fitting(scope: Scope, condition: Condition, page: { after?: Row | undefined; limit: number }): Promise<Row[]>
  /** Returns how many rows are gone. */
  removeFitting(scope: Scope, condition: Condition): Promise<number>
}

interface Column {
  property: string
  name: string
  kind: 'plain' | 'json' | 'date'
}

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
const operators = { lt: '<', lte: '<=', gt: '>', gte: '>=', not: '<>' } as const

export function rowsOf<E extends EntitySchema, Row extends object = InferEntity<E>>(entity: E): Rows<Row> {
  const { tableName = '', properties } = entity.meta as unknown as {
    tableName?: string
    properties: Record<string, { type: unknown; primary?: boolean }>
  }
  const columns: Column[] = Object.entries(properties).map(([property, { type }]) => ({
    property,
    name: `"${snake(property)}"`,
    kind: type === JsonType ? 'json' : type === DateTimeType ? 'date' : 'plain',
  }))
  const byProperty = new Map(columns.map((column) => [column.property, column]))
  const list = columns.map((it) => it.name).join(', ')
  const hasTenant = byProperty.has('tenantId')
  const keys = columns.filter(({ property }) => properties[property]!.primary)

  function column(property: string): Column {
    const found = byProperty.get(property)
    if (!found) throw new Error(`${tableName} has no ${property}`)
    return found
  }

  function write({ kind }: Column, value: unknown, scope: Scope): unknown {
    if (value === null || value === undefined) return null
    if (kind === 'json') return JSON.stringify(value)
    if (kind === 'date' && value instanceof Date) return scope.kind === 'sqlite' ? value.getTime() : value
    return value
  }

  function read(raw: Record<string, unknown>): Row {
    const row: Record<string, unknown> = {}
    for (const { property, name, kind } of columns) {
      const value = raw[name.slice(1, -1)]
      if (value === null || value === undefined) row[property] = null
      else if (kind === 'json') row[property] = typeof value === 'string' ? JSON.parse(value) : value
      else if (kind === 'date') row[property] = value instanceof Date ? value : new Date(value as string | number)
      else row[property] = value
    }
    return row as Row
  }

  function conditions(scope: Scope, where: Where<Row>): { text: string; values: unknown[] } {
    const parts: string[] = []
    const values: unknown[] = []
    if (hasTenant && scope.tenantId !== ALL_TENANTS) {
      parts.push('"tenant_id" = ?')
      values.push(scope.tenantId)
    }
    for (const [property, wanted] of Object.entries(where)) {
      if (wanted === undefined) continue
      const it = column(property)
      if (wanted === null) parts.push(`${it.name} is null`)
      else if (Array.isArray(wanted)) {
        if (wanted.length === 0) parts.push('1 = 0')
        else parts.push(`${it.name} in (${wanted.map(() => '?').join(', ')})`)
        values.push(...wanted.map((value) => write(it, value, scope)))
      } else if (typeof wanted === 'object' && !(wanted instanceof Date)) {
        for (const [name, value] of Object.entries(wanted as Operator)) {
          parts.push(`${it.name} ${operators[name as keyof typeof operators]} ?`)
          values.push(write(it, value, scope))
        }
      } else {
        parts.push(`${it.name} = ?`)
        values.push(write(it, wanted, scope))
      }
    }
    return { text: parts.length > 0 ? ` where ${parts.join(' and ')}` : '', values }
  }

  /** The same, of this tenant. */
  function within(scope: Scope, { text, values }: Condition): Condition {
    const own = conditions(scope, {})
    return { text: `${own.text === '' ? ' where' : `${own.text} and`} (${text})`, values: [...own.values, ...values] }
  }

  /** A forgotten condition must be an exception: it would be all of the tenant's rows. */
  function named(where: Where<Row>): Where<Row> {
    if (Object.values(where).every((it) => it === undefined)) throw new Error(`A change of ${tableName} names no row`)
    return where
  }

  const rows: Rows<Row> = {
    async find(scope, where, { orderBy, limit, lock } = {}) {
      const { text, values } = conditions(scope, where)
      const order = Object.entries(orderBy ?? {}).map(([property, way]) => `${column(property).name} ${String(way)}`)
      const tail = [
        order.length > 0 ? ` order by ${order.join(', ')}` : '',
        // In the text: with a bound limit SQLite plans the query anew each time it runs.
        limit === undefined ? '' : ` limit ${Math.trunc(limit)}`,
        // SQLite's transactions begin with the write lock already.
        lock && scope.kind === 'postgres' ? ' for update' : '',
      ]
      const found = await scope.execute(`select ${list} from "${tableName}"${text}${tail.join('')}`, values)
      return found.rows.map(read)
    },
    one: async (scope, where, options) => (await rows.find(scope, where, { ...options, limit: 1 }))[0],
    async get(scope, where) {
      const row = await rows.one(scope, where)
      if (!row) throw new Error(`A row of ${tableName} is missing`)
      return row
    },
    async insert(scope, given) {
      const all = Array.isArray(given) ? given : [given]
      if (all.length === 0) return
      if (hasTenant && scope.tenantId === ALL_TENANTS) throw new Error('A row belongs to one tenant: name it with of()')
      const values: unknown[] = []
      for (const row of all)
        for (const it of columns) {
          const value = it.property === 'tenantId' ? scope.tenantId : (row as Record<string, unknown>)[it.property]
          values.push(write(it, value, scope))
        }
      const marks = `(${columns.map(() => '?').join(', ')})`
      await scope.execute(`insert into "${tableName}" (${list}) values ${all.map(() => marks).join(', ')}`, values)
    },
    async update(scope, where, changes) {
      const entries = Object.entries(changes).filter(([, value]) => value !== undefined)
      const set = entries.map(([property]) => `${column(property).name} = ?`).join(', ')
      const { text, values } = conditions(scope, named(where))
      const given = entries.map(([property, value]) => write(column(property), value, scope))
      return (await scope.execute(`update "${tableName}" set ${set}${text}`, [...given, ...values])).affected
    },
    async remove(scope, where) {
      const { text, values } = conditions(scope, named(where))
      return (await scope.execute(`delete from "${tableName}"${text}`, values)).affected
    },
    async fitting(scope, condition, { after, limit }) {
      const { text, values } = within(scope, condition)
      const order = keys.map((it) => it.name).join(', ')
      const place = after && keys.map((it) => write(it, (after as Record<string, unknown>)[it.property], scope))
      const from = place ? ` and (${order}) > (${place.map(() => '?').join(', ')})` : ''
      const found = await scope.execute(
        `select ${list} from "${tableName}"${text}${from} order by ${order} limit ${Math.trunc(limit)}`,
        [...values, ...(place ?? [])],
      )
      return found.rows.map(read)
    },
    async removeFitting(scope, condition) {
      const { text, values } = within(scope, condition)
      return (await scope.execute(`delete from "${tableName}"${text}`, values)).affected
    },
  }
  return rows
}
