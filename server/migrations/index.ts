/** The migrations of each store, in order. Forward only: a released one is never changed. */
import { Spine as PostgresSpine } from './postgres/0001-spine.ts'
import { Spine as SqliteSpine } from './sqlite/0001-spine.ts'

export const migrations = {
  sqlite: [{ name: '0001-spine', class: SqliteSpine }],
  postgres: [{ name: '0001-spine', class: PostgresSpine }],
}
