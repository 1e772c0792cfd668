/** The migrations of each store, in order. Forward only: a released one is never changed. */
import { Spine as PostgresSpine } from './postgres/0001-spine.ts'
import { Knowledge as PostgresKnowledge } from './postgres/0002-knowledge.ts'
import { Spine as SqliteSpine } from './sqlite/0001-spine.ts'
import { Knowledge as SqliteKnowledge } from './sqlite/0002-knowledge.ts'

export const migrations = {
  sqlite: [
    { name: '0001-spine', class: SqliteSpine },
    { name: '0002-knowledge', class: SqliteKnowledge },
  ],
  postgres: [
    { name: '0001-spine', class: PostgresSpine },
    { name: '0002-knowledge', class: PostgresKnowledge },
  ],
}
