/** What processes on one Postgres say to each other (`LISTEN`): heard while the connection stands, and lost while it does not. */
import pg from 'pg'
import { createPostgresWire } from './postgres-wire.ts'

export interface PostgresListener {
  close(): Promise<void>
}

interface Heard {
  url: string
  /** A name of ours: it goes into a statement as it is. */
  channel: string
  hear: (text: string) => void
  /** Once each time it breaks. It is opened anew by itself. */
  onBroken: (reason: string) => void
}

/** Asked for a sign of life this often, so that a host that died is noticed. */
const BEAT_MS = 5_000
const SILENCE_MS = 12_000
const AGAIN_MS = 1_000

/** A connection of its own: one of a pool is given to whoever asks. */
export function listenOnPostgres({ url, channel, hear, onBroken }: Heard): PostgresListener {
  const wire = createPostgresWire(SILENCE_MS)
  let client: pg.Client | undefined
  let timer: NodeJS.Timeout | undefined
  let isClosed = false

  async function open(): Promise<void> {
    const mine = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: 2_000,
      statement_timeout: 5_000,
      stream: () => wire.open(),
    })
    client = mine
    let isBroken = false
    const broken = (error: unknown) => {
      if (isBroken) return
      isBroken = true
      clearTimeout(timer)
      mine.end().catch(() => {})
      if (isClosed) return
      onBroken(String(error))
      timer = setTimeout(() => void open(), AGAIN_MS).unref()
    }
    mine.on('notification', ({ payload }) => hear(payload ?? ''))
    // Again and again while it is broken: without somebody who hears it, the process would end.
    mine.on('error', broken)
    mine.once('end', () => broken('ended'))
    const beat = () => {
      timer = setTimeout(() => void mine.query('select 1').then(beat, broken), BEAT_MS).unref()
    }
    try {
      await mine.connect()
      await mine.query(`listen ${channel}`)
      if (!isBroken) beat()
    } catch (error) {
      broken(error)
    }
  }
  void open()

  return {
    async close() {
      isClosed = true
      clearTimeout(timer)
      await client?.end().catch(() => {})
    },
  }
}
