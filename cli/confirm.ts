/** Asks before what cannot be undone. */
import { createInterface } from 'node:readline/promises'
import { type Output, printable } from './output.ts'
import { notConfirmed, usage } from './problems.ts'

/** Resolves where `wanted` was typed; throws a `Problem` for anything else, and where nobody answers. */
export async function confirm(out: Output, question: string, wanted: string): Promise<void> {
  out.note(`${question}\nType ${printable(wanted)} to go on:`)
  const lines = createInterface({ input: process.stdin })
  const { value } = (await lines[Symbol.asyncIterator]().next()) as { value?: string }
  lines.close()
  if (value?.trim() === wanted) return
  if (value === undefined && process.stdin.isTTY !== true)
    throw usage('this asks before it does what cannot be undone, and nobody can answer', 'give --yes')
  throw notConfirmed()
}
