/** What running answers say so far, written behind them: one row for all answers of a process at a time, each with what came since. */
import { acrossTenants, type Db, type Edge, type Log, rowsOf, type Scope } from '../platform/index.ts'
import { Drafts as DraftTable, Processes } from './entities.ts'

const draftRows = rowsOf(DraftTable)

/** What an answer says more than when it was last written down. */
export interface Piece {
  messageId: string
  attempt: number
  /** Where in the answer it begins, in UTF-16 code units. */
  offset: number
  text: string
}

/** The text that was written down of an attempt at an answer; `''` where none was. */
export type Drafted = (answer: { id: string; attempt?: number | null }) => string

export interface Drafts {
  /** Appends, and forgets what was written before `keepFrom`. Returns the row's number; they count up from 1. */
  write(owner: string, pieces: Piece[], keepFrom: number): Promise<number>
  /** All that was written down by `owner`. */
  of(owner: string | null | undefined): Promise<Drafted>
  /** Forgets what processes without a lease have left. For when nothing of theirs is to be recovered any more. */
  forgetDead(): Promise<void>
}

export function createDrafts({ db, edge, log }: { db: Db; edge: Edge; log: Log }): Drafts {
  const everywhere = (): Scope => acrossTenants(db, log)
  const written = new Map<string, number>()

  return {
    async write(owner, pieces, keepFrom) {
      const number = (written.get(owner) ?? 0) + 1
      written.set(owner, number)
      await everywhere().transaction(async (tx) => {
        await draftRows.remove(tx, { owner, number: { lt: keepFrom } })
        const list = pieces.map(({ messageId, attempt, offset, text }) => [messageId, attempt, offset, text])
        await draftRows.insert(tx, { owner, number, pieces: JSON.stringify(list) })
      })
      return number
    },

    async of(owner) {
      const texts = new Map<string, string>()
      const rows = owner ? await draftRows.find(everywhere(), { owner }, { orderBy: { number: 'asc' } }) : []
      for (const row of rows)
        for (const [messageId, attempt, offset, text] of JSON.parse(row.pieces) as [string, number, number, string][]) {
          const key = `${messageId}/${attempt}`
          // A row may be there although its writer was told that it failed: then the next one repeats it.
          texts.set(key, (texts.get(key) ?? '').slice(0, offset) + text)
        }
      return ({ id, attempt }) => texts.get(`${id}/${attempt}`) ?? ''
    },

    async forgetDead() {
      const { em } = everywhere()
      const living = await em.find(Processes, { leaseUntil: { $gt: new Date(edge.now()) } })
      await em.nativeDelete(DraftTable, { owner: { $nin: living.map((it) => it.id) } })
    },
  }
}
