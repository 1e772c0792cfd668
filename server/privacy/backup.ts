import { randomBytes } from 'node:crypto'
import { createReadStream, existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { Fault } from '@aside/protocol'
import type { Audit } from '../audit/index.ts'
import { copySqlite, type Db, type Download, type Edge, type Scope } from '../platform/index.ts'

export interface Backups {
  /** A copy of the store as it is now, checked. One at a time: `conflict` for another, and on Postgres. */
  make(scope: Scope): Promise<Download>
}

export function createBackups({ db, edge, audit }: { db: Db; edge: Edge; audit: Audit }): Backups {
  const { file } = db
  let isBusy = false
  // What a process that died in the middle of one has left.
  if (file && existsSync(dirname(file)))
    for (const name of readdirSync(dirname(file)))
      if (name.startsWith(`${basename(file)}.copy-`)) rmSync(join(dirname(file), name), { force: true })

  return {
    async make(scope) {
      if (!file) throw new Fault('conflict', 'This store is Postgres: back it up with pg_dump')
      if (isBusy) throw new Fault('conflict', 'Another backup is being made')
      isBusy = true
      const into = `${file}.copy-${randomBytes(6).toString('hex')}`
      const remove = () => rmSync(into, { force: true })
      try {
        await copySqlite(file, into)
        const sizeBytes = statSync(into).size
        await scope.transaction((tx) => audit.record(tx, { action: 'store.backed_up', detail: { sizeBytes } }))
        const content = createReadStream(into).once('close', remove)
        const day = new Date(edge.now()).toISOString().slice(0, 10)
        return { name: `aside-${day}.db`, content, sizeBytes }
      } catch (error) {
        remove()
        throw error
      } finally {
        isBusy = false
      }
    },
  }
}
