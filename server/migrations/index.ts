/** The migrations of each store, in order. Forward only: a released one is never changed. */
import { Spine as PostgresSpine } from './postgres/0001-spine.ts'
import { Knowledge as PostgresKnowledge } from './postgres/0002-knowledge.ts'
import { Drafts as PostgresDrafts } from './postgres/0003-drafts.ts'
import { Spine as SqliteSpine } from './sqlite/0001-spine.ts'
import { Knowledge as SqliteKnowledge } from './sqlite/0002-knowledge.ts'
import { Drafts as SqliteDrafts } from './sqlite/0003-drafts.ts'

export const migrations = {
  sqlite: [
    { name: '0001-spine', class: SqliteSpine },
    { name: '0002-knowledge', class: SqliteKnowledge },
    { name: '0003-drafts', class: SqliteDrafts },
  ],
  postgres: [
    { name: '0001-spine', class: PostgresSpine },
    { name: '0002-knowledge', class: PostgresKnowledge },
    { name: '0003-drafts', class: PostgresDrafts },
  ],
}
