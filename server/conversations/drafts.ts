/** What running answers say so far, written behind them: one row for all answers of a process at a time, each with what came since. */
import { acrossTenants, type Db, type Edge, type Log, rowsOf, type Scope } from '../platform/index.ts'
import { Drafts as DraftTable, Processes } from './entities.ts'

const draftRows = rowsOf(DraftTable)

/** Looked for in one statement. */
const ANSWERS = 50

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
  /** All that was written down by `owner`, read within `scope`'s transaction where one is given. */
  of(owner: string | null | undefined, scope?: Scope): Promise<Drafted>
  /** Forgets all that was written down by `owner`. For when none of its answers runs any more. */
  forget(owner: string): Promise<void>
  /** Takes what was written down of these answers out of all drafts, whoever's. */
  forgetAnswers(messageIds: string[]): Promise<void>
  /** Forgets what processes without a lease have left, as soon as no turn of theirs is still to be recovered. */
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
        await draftRows.remove(tx, { owner, number: { lt: Math.min(keepFrom, number) } })
        const list = pieces.map(({ messageId, attempt, offset, text }) => [messageId, attempt, offset, text])
        await draftRows.insert(tx, { owner, number, pieces: JSON.stringify(list) })
      })
      return number
    },

    async of(owner, scope = everywhere()) {
      const texts = new Map<string, string>()
      const rows = owner ? await draftRows.find(scope, { owner }, { orderBy: { number: 'asc' } }) : []
      for (const row of rows)
        for (const [messageId, attempt, offset, text] of JSON.parse(row.pieces) as [string, number, number, string][]) {
          const key = `${messageId}/${attempt}`
          const before = texts.get(key) ?? ''
          // A row may be there although its writer was told that it failed: then the next one repeats it. One that was not
          // written leaves a gap, and text beyond it is not the answer's.
          if (offset <= before.length) texts.set(key, before.slice(0, offset) + text)
        }
      return ({ id, attempt }) => texts.get(`${id}/${attempt}`) ?? ''
    },

    async forget(owner) {
      await draftRows.remove(everywhere(), { owner })
    },

    async forgetAnswers(messageIds) {
      for (let from = 0; from < messageIds.length; from += ANSWERS) {
        const gone = messageIds.slice(from, from + ANSWERS)
        await everywhere().transaction(async (tx) => {
          const { rows } = await tx.execute(
            `select owner, number from drafts where ${gone.map(() => 'pieces like ?').join(' or ')}`,
            gone.map((id) => `%"${id}"%`),
          )
          for (const { owner, number } of rows) {
            const place = { owner: String(owner), number: Number(number) }
            const row = await draftRows.one(tx, place, { lock: true })
            if (!row) continue
            const pieces = (JSON.parse(row.pieces) as [string, ...unknown[]][]).filter(([id]) => !gone.includes(id))
            await draftRows.update(tx, place, { pieces: JSON.stringify(pieces) })
          }
        })
      }
    },

    async forgetDead() {
      const scope = everywhere()
      const living = await scope.em.find(Processes, { leaseUntil: { $gt: new Date(edge.now()) } })
      const marks = ['', ...living.map(() => '?')].join(', ')
      await scope.execute(
        `delete from drafts where owner not in (''${marks})
         and owner not in (select owner from turns where status = 'running' and owner is not null)`,
        living.map((it) => it.id),
      )
    },
  }
}
