/** Asks before what cannot be undone. */
import { createInterface } from 'node:readline/promises'
import { type Output, printable } from './output.ts'
import { Problem } from './problems.ts'

/** Resolves where `wanted` was typed; throws a `Problem` for anything else, and where nobody answers. */
export async function confirm(out: Output, question: string, wanted: string): Promise<void> {
  out.note(`${question}\nType ${printable(wanted)} to go on:`)
  const lines = createInterface({ input: process.stdin })
  const { value } = (await lines[Symbol.asyncIterator]().next()) as { value?: string }
  lines.close()
  if (value?.trim() === wanted) return
  throw new Problem('not_confirmed', 'nothing was done', { hint: 'say --yes to do it without being asked' })
}
