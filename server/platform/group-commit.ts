/**
 * SQLite transactions, committed in groups. There is one connection, so transactions run one after the other anyway; what
 * each would wait for is the disk. Those that are waiting run as savepoints of one transaction. Its commit only writes the
 * log; the log is synced on another thread while the next group runs, and a transaction is told "done" when a sync that
 * began after its commit has ended, never before (docs/decisions/0008).
 */
import type { Kysely } from 'kysely'

/** The connection that a transaction holds. */
export type Transaction = Kysely<unknown>
type Work = (transaction: Transaction) => Promise<unknown>

type Outcome = { value: unknown } | { error: unknown }

interface Waiting {
  work: Work
  committed: () => void
  resolve(value: unknown): void
  reject(error: unknown): void
}

/** How long a group takes in further transactions: readers outside wait for as long. */
const GROUP_MS = 4

/** One transaction: committed when `work` resolves, rolled back when it rejects. */
export const within = <T>(client: Kysely<unknown>, work: (transaction: Transaction) => Promise<T>): Promise<T> =>
  // A transaction that fails to begin, or to roll back, never lets go of its connection by itself: this does.
  client.connection().execute(async (held) => {
    const transaction = await held.startTransaction().execute()
    try {
      const result = await work(transaction)
      await transaction.commit().execute()
      return result
    } catch (error) {
      // Where the connection itself broke, or a full store rolled back already, there is nothing left to do.
      await transaction
        .rollback()
        .execute()
        .catch(() => {})
      throw error
    }
  })

/** `write` runs a statement on the one connection that `client` lends; `sync` resolves when all that was committed before is on the disk. */
export function createGroupCommit(
  client: () => Kysely<unknown>,
  { write, sync }: { write: (statement: string) => void; sync: () => Promise<void> },
): <T>(work: (transaction: Transaction) => Promise<T>, committed?: () => void) => Promise<T> {
  const waiting: Waiting[] = []
  let isRunning = false

  /** Runs one of the group. Rejects where the whole group is lost with it. */
  async function run(transaction: Transaction, { work }: Waiting): Promise<Outcome> {
    write('savepoint one')
    try {
      const value = await work(transaction)
      write('release one')
      return { value }
    } catch (error) {
      try {
        write('rollback to one')
      } catch {
        // A full disk rolls back everything by itself, and there is no savepoint left to go back to.
        throw error
      }
      write('release one')
      return { error }
    }
  }

  /** The group's own transaction. Its commit does not sync. */
  async function together(work: (transaction: Transaction) => Promise<void>): Promise<void> {
    await client()
      .connection()
      .execute(async (held) => {
        write('pragma synchronous = normal')
        try {
          write('begin immediate')
          try {
            await work(held)
            write('commit')
          } catch (error) {
            try {
              write('rollback')
            } catch {
              // A full store rolled back already.
            }
            throw error
          }
        } finally {
          write('pragma synchronous = full')
        }
      })
  }

  async function group(): Promise<void> {
    const members: { one: Waiting; outcome: Outcome }[] = []
    let taken: Waiting | undefined
    try {
      await together(async (transaction) => {
        const end = performance.now() + GROUP_MS
        do {
          taken = waiting.shift()
          if (!taken) break
          members.push({ one: taken, outcome: await run(transaction, taken) })
          taken = undefined
        } while (performance.now() < end)
      })
    } catch (error) {
      // Nothing of the group was stored, so nobody of it may believe so. Where none could even begin, none of the others can.
      const lost = taken || members.length > 0 ? [...members.map((it) => it.one), taken] : waiting.splice(0)
      for (const one of lost) one?.reject(error)
      return
    }
    for (const { one, outcome } of members) if ('value' in outcome) one.committed()
    // Not waited for: the next group runs meanwhile.
    void sync().then(
      () => {
        for (const { one, outcome } of members) {
          if ('error' in outcome) one.reject(outcome.error)
          else one.resolve(outcome.value)
        }
      },
      (error: unknown) => {
        for (const { one } of members) one.reject(error)
        // What the disk holds is unknown from here on: nothing may be built on it (PostgreSQL's "fsyncgate", 2018).
        process.nextTick(() => {
          throw error
        })
      },
    )
  }

  async function drain(): Promise<void> {
    while (waiting.length > 0) await group()
    isRunning = false
  }

  return (work, committed = () => {}) =>
    new Promise((resolve, reject) => {
      waiting.push({ work, committed, resolve: resolve as (value: unknown) => void, reject })
      if (isRunning) return
      isRunning = true
      // Once this turn of the event loop has read every request that is there: they make one group.
      setImmediate(() => void drain())
    })
}
