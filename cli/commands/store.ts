import { existsSync, realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { backupStore } from '@aside/protocol'
import { confirm } from '../confirm.ts'
import { readConfig, storeProblem } from '../connect.ts'
import { act, type Globals } from '../context.ts'
import { mustBeFree, save, sized } from '../download.ts'
import { EXIT, Problem, usage } from '../problems.ts'
import { minuteOf } from '../words.ts'

export function addStoreCommands(program: Command): void {
  addBackup(program)
  addRestore(program)
  addMigrate(program)
}

const isError = (error: unknown, name: string): error is Error => error instanceof Error && error.name === name

function addBackup(program: Command): void {
  program
    .command('backup <file>')
    .description('copy the SQLite store into a file, checked, while it goes on')
    .option('--force', 'in the place of a file that is there')
    .addHelpText(
      'after',
      '\nEverything acknowledged before it began is in it. Postgres has pg_dump.\n\nExamples:\n  $ aside backup aside-monday.db\n  $ aside backup /backup/aside.db --force --json',
    )
    .action(
      act(async ({ globals, out, connect }, file: string, { force }: { force?: boolean }) => {
        if (globals.url === undefined) {
          const { database } = await mustBeSqlite(globals, 'pg_dump')
          if (database.kind === 'sqlite') mustBeElsewhere(file, database.file)
        }
        mustBeFree(file, force)
        const connection = await connect()
        if (!connection.isOperator) throw usage('a backup is for the operator of the server', 'run it on its machine')
        out.note('Copying and checking the store …')
        const response = await connection.client.open(backupStore, {})
        const { inspectBackup } = await import('@aside/server')
        const sizeBytes = await save(response, file, { force, bar: out.bar, check: (part) => void inspectBackup(part) })
        out.show({ file, sizeBytes }, () =>
          out.line(`${out.paint.green('backed up')} ${connection.where} into ${file} (${sized(sizeBytes)})`),
        )
      }),
    )
}

/** A store that is written over while it is open, with its log beside it, is lost. */
function mustBeElsewhere(file: string, store: string): void {
  const real = (path: string) => (existsSync(path) ? realpathSync(path) : resolve(path))
  if ([store, `${store}-wal`, `${store}-shm`].some((it) => real(it) === real(file)))
    throw usage(`${file} is the store itself`, 'choose another file')
}

async function mustBeSqlite(globals: Globals, instead: string) {
  const config = await readConfig(globals.dataDir)
  if (config.database.kind === 'postgres') throw usage('this store is Postgres', `use ${instead}`)
  return config
}

function addRestore(program: Command): void {
  program
    .command('restore <file>')
    .description('put a backup in the place of the local SQLite store; no server may have it')
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      '\nThe store that is there is kept beside it, as ….before-restore. Clients start over from what the backup has.\n\nExample:\n  $ aside restore aside-monday.db',
    )
    .action(
      act(async ({ globals, out }, backup: string, { yes }: { yes?: boolean }) => {
        if (globals.url !== undefined) throw usage('restore works on the local store', 'leave --url (ASIDE_URL) out')
        const config = await mustBeSqlite(globals, 'pg_restore')
        const { inspectBackup, restoreBackup } = await import('@aside/server')
        const file = config.database.kind === 'sqlite' ? config.database.file : ''
        mustBeElsewhere(backup, file)
        try {
          const { sizeBytes, undone } = inspectBackup(backup, file)
          if (!yes) await confirm(out, `This puts ${backup} (${sized(sizeBytes)}) in the place of ${file}.`, 'yes')
          const restored = await restoreBackup(config, backup)
          out.show({ file, from: backup, ...restored, undoneErasures: undone }, () => {
            out.line(`${out.paint.green('restored')} ${file}`)
            if (restored.before !== undefined) out.line(`  before  ${restored.before}`)
            for (const { id, at } of undone)
              out.line(`  ${out.paint.yellow('erase again')}  ${id}, erased ${minuteOf(at)}`)
          })
        } catch (error) {
          throw storeTaken(error, 'end it first') ?? inWords(error)
        }
      }),
    )
}

const storeTaken = (error: unknown, hint: string) =>
  isError(error, 'StoreTaken')
    ? new Problem('store_taken', error.message, { hint, exit: EXIT.unreachable, cause: error })
    : undefined

const inWords = (error: unknown): unknown =>
  isError(error, 'NoBackup')
    ? new Problem('no_backup', error.message, {
        hint: 'aside backup <file> makes one',
        exit: EXIT.refused,
        cause: error,
      })
    : error instanceof Problem
      ? error
      : storeProblem(error)

function addMigrate(program: Command): void {
  program
    .command('migrate')
    .description('bring the store up to date; a server does so by itself when it starts')
    .option('--dry-run', 'only say what is missing')
    .addHelpText('after', '\nExamples:\n  $ aside migrate --dry-run\n  $ aside migrate')
    .action(
      act(async ({ globals, out }, { dryRun = false }: { dryRun?: boolean }) => {
        if (globals.url !== undefined) throw usage('migrate works on the local store', 'leave --url (ASIDE_URL) out')
        const config = await readConfig(globals.dataDir)
        const { migrateStore } = await import('@aside/server')
        const migrations = await migrateStore(config, { dryRun }).catch((error: unknown) => {
          throw storeTaken(error, 'it brought the store up to date when it started') ?? storeProblem(error)
        })
        out.show({ dryRun, migrations }, () => {
          if (migrations.length === 0) return out.note('The store is up to date.')
          for (const name of migrations)
            out.line(`${dryRun ? out.paint.yellow('missing') : out.paint.green('applied')}  ${name}`)
        })
      }),
    )
}
