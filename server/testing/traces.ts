/** Looks for words that must not be in a store any more. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { entities } from '../app.ts'
import type { Db } from '../platform/index.ts'
import type { TestStore } from './stores.ts'

/** How often each of the marks is in the store: in every byte of SQLite's files, in every column of Postgres. */
export async function tracesIn(store: TestStore, db: Db, marks: string[]): Promise<Record<string, number>> {
  const count = (text: string, mark: string) => text.split(mark).length - 1
  const texts: string[] = []
  if (db.kind === 'sqlite')
    for (const name of readdirSync(store.dataDir)) texts.push(readFileSync(join(store.dataDir, name), 'latin1'))
  else
    for (const { meta } of entities)
      texts.push(JSON.stringify((await db.execute(undefined, `select t::text from "${meta.tableName}" t`, [])).rows))
  return Object.fromEntries(marks.map((mark) => [mark, texts.reduce((sum, it) => sum + count(it, mark), 0)]))
}

/** What is found where nothing is. */
export const none = (...marks: string[]): Record<string, number> => Object.fromEntries(marks.map((it) => [it, 0]))
