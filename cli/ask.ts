/** Asks a person, on the terminal. */
import { createInterface } from 'node:readline/promises'
import { EXIT, Problem, usage } from './problems.ts'

export const canAsk = (): boolean => process.stdin.isTTY === true && process.stderr.isTTY === true

/** True where it may be done. Throws where nobody is there to be asked and `yes` was not given. */
export async function mayGoOn(question: string, options: { yes?: boolean; json?: boolean }): Promise<boolean> {
  if (options.yes) return true
  if (!canAsk() || options.json)
    throw usage('this asks before it changes anything, and nobody can answer', 'give --yes')
  return (await choose(`${question} [y/N] `)).toLowerCase().startsWith('y')
}

/** One line, as it was typed. */
export async function choose(question: string): Promise<string> {
  // On standard error: what is asked is no part of the data.
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const ended = new AbortController()
  terminal.once('SIGINT', () => ended.abort())
  terminal.once('close', () => ended.abort())
  try {
    return (await terminal.question(question, { signal: ended.signal })).trim()
  } catch (cause) {
    throw new Problem('interrupted', 'given up, and nothing was changed', { exit: EXIT.interrupted, cause })
  } finally {
    terminal.close()
  }
}
