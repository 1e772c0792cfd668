/** What every command is given: its global options, where to speak, and the way to the data. */
import type { Command } from 'commander'
import { connect, type Connection, type ConnectOptions } from './connect.ts'
import { createOutput, type Output } from './output.ts'

export interface Globals {
  url?: string | undefined
  key?: string | undefined
  dataDir?: string | undefined
  json?: boolean
  verbose?: boolean
}

export interface Context {
  readonly globals: Globals
  readonly out: Output
  /** Once for a command; it is closed when the command ends. */
  connect(options?: Pick<ConnectOptions, 'answers' | 'isLong'>): Promise<Connection>
}

/** For `.action(…)`: `run` gets the context, then what commander gives (arguments, then the command's own options). */
export const act = <A extends unknown[]>(run: (context: Context, ...args: A) => Promise<void>) =>
  async function (this: Command, ...args: A): Promise<void> {
    const { url, key, dataDir, json = false, verbose = false } = this.optsWithGlobals<Globals>()
    const globals = { url, key, dataDir, json, verbose }
    const out = createOutput({ json })
    let connection: Connection | undefined
    try {
      await run(
        {
          globals,
          out,
          connect: async (options) => (connection ??= await connect({ ...globals, ...options, note: out.note })),
        },
        ...args,
      )
    } finally {
      await connection?.close()
    }
  }
