import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : '')

/**
 * Makes it, and those it lies in; does nothing where it is there. Throws, in one line, where that is not possible. One
 * after the other: below /proc `mkdirSync` with `recursive` never ends.
 */
export function makeFolder(folder: string): void {
  const refused = (why: string, cause?: unknown) => new Error(`The folder ${folder} cannot be made: ${why}`, { cause })
  try {
    const found = statSync(folder, { throwIfNoEntry: false })
    if (found?.isDirectory()) return
    if (found) throw refused('a file is there')
  } catch (cause) {
    if (codeOf(cause) === '') throw cause
    throw refused(codeOf(cause), cause)
  }
  if (dirname(folder) !== folder) makeFolder(dirname(folder))
  try {
    mkdirSync(folder)
  } catch (cause) {
    // Another process was faster: that is as good.
    if (codeOf(cause) !== 'EEXIST') throw refused(codeOf(cause), cause)
  }
}
