/** Whether what is in the file of an SQLite store can be read, page by page: in a process of its own, which is given up after a while. */
import { execFile } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { argv } from 'node:process'
import { sized } from '../download.ts'
import { type Finding, notesOf } from './finding.ts'

const { ok, warn, fail } = notesOf('machine')
const PATIENCE_MS = 15_000

/** What SQLite's quick_check says of the file; a server may have it open meanwhile. */
export async function checkStoreFile(file: string): Promise<Finding[]> {
  if (!existsSync(file)) return []
  const size = sized(statSync(file).size)
  const said = await new Promise<string | undefined>((resolve) => {
    const args = ['--no-warnings', import.meta.filename, file]
    execFile(process.execPath, args, { timeout: PATIENCE_MS }, (error, stdout) =>
      resolve(error?.killed ? undefined : stdout.trim() || (error?.message ?? 'nothing')),
    )
  })
  const restore = 'end the server and keep the file; put the last backup in its place: aside restore <file>'
  if (said === 'ok') return [ok('file', `${file}, ${size}, is sound (quick_check)`)]
  if (said !== undefined)
    return [fail('file', `${file} is damaged: ${said.split('\n').slice(0, 3).join('; ')}`, restore)]
  const more = `sqlite3 ${file} 'PRAGMA quick_check'`
  return [warn('file', `${file}, ${size}, was not looked through within ${PATIENCE_MS / 1_000} s`, `in peace: ${more}`)]
}

if (import.meta.main) {
  const { DatabaseSync } = await import('node:sqlite')
  try {
    const database = new DatabaseSync(argv[2]!, { readOnly: true })
    database.exec('pragma busy_timeout = 2000')
    const rows = database.prepare('pragma quick_check(3)').all()
    process.stdout.write(rows.map((it) => String(it['quick_check'])).join('\n'))
  } catch (error) {
    process.stdout.write(error instanceof Error ? error.message : String(error))
  }
}
