/** What follows deletions: the store's files are rid of what was deleted, soon, but not once for each of many. */
import type { Drafts } from '../conversations/index.ts'
import type { Db, Log } from '../platform/index.ts'

/** Between two times, for each lets whoever writes wait. */
const REST_MS = 10_000
/** Another process may write down a little more of an answer that it has not heard the end of. */
const LATE_MS = 3_000

export interface Purge {
  /** True where the files hold nothing any more of what was deleted; false where that comes within seconds, or when it is quiet. */
  now(answers?: string[]): Promise<boolean>
  /** What was put off, if nobody is being answered. */
  whenQuiet(): Promise<void>
  /** What was put off, for good. */
  stop(): Promise<void>
}

export function createPurge({
  db,
  drafts,
  log,
  isQuiet,
}: {
  db: Db
  drafts: Drafts
  log: Log
  isQuiet: () => boolean
}): Purge {
  let last = -Infinity
  let planned: NodeJS.Timeout | undefined
  let running: Promise<boolean> | undefined
  let isOver = false
  const timers = new Set<NodeJS.Timeout>()

  async function purge(rewrite: boolean): Promise<boolean> {
    let isDone = false
    try {
      isDone = await db.purge(rewrite)
      // Looked at again soon: a quiet moment may not last until the next sweep. Postgres vacuums by itself.
      if (!isDone && db.kind === 'sqlite') plan()
    } catch (error) {
      log.warn('purge-failed', { reason: error instanceof Error ? error.message : String(error) })
    }
    last = performance.now()
    running = undefined
    return isDone
  }

  function run(rewrite = isQuiet()): Promise<boolean> {
    clearTimeout(planned)
    planned = undefined
    return (running = purge(rewrite))
  }

  function plan(): void {
    if (!isOver) planned ??= setTimeout(() => void run(), REST_MS).unref()
  }

  return {
    async now(answers = []) {
      if (answers.length > 0 && db.kind === 'postgres') {
        const timer = setTimeout(() => {
          timers.delete(timer)
          drafts.forgetAnswers(answers).catch((error: unknown) => log.warn('purge-failed', { reason: String(error) }))
        }, LATE_MS).unref()
        timers.add(timer)
      }
      if (!running && performance.now() - last >= REST_MS) return run()
      await db.owePurge().catch((error: unknown) => log.warn('purge-failed', { reason: String(error) }))
      plan()
      return false
    },
    async whenQuiet() {
      if (db.isUntidy() && isQuiet() && !running) await run(true)
    },
    async stop() {
      isOver = true
      for (const timer of timers) clearTimeout(timer)
      await running
      if (planned || db.isUntidy()) await run(true)
    },
  }
}
