/** What every command is given: its global options, where to speak, and the way to the data. */
import type { Command } from 'commander'
import { type Connection, connect } from './connect.ts'
import { createOutput, type Output } from './output.ts'

export interface Globals {
  url?: string
  key?: string
  dataDir?: string
  json?: boolean
  verbose?: boolean
}

export interface Context {
  readonly globals: Globals
  readonly out: Output
  /** Once for a command; it is closed when the command ends. `answers`: this command wants to be answered. */
  connect(options?: { answers?: boolean }): Promise<Connection>
}

/** For `.action(…)`: `run` gets the context, then what commander gives (arguments, then the command's own options). */
export const act = <A extends unknown[]>(run: (context: Context, ...args: A) => Promise<void>) =>
  async function (this: Command, ...args: A): Promise<void> {
    const globals = this.optsWithGlobals<Globals>()
    const out = createOutput({ json: globals.json ?? false })
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
