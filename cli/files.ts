/** What a command is given to read. */
import { readFileSync } from 'node:fs'
import { usage } from './problems.ts'

/** `-` is standard input. Throws where there is no such file. */
export function readText(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8').replace(/^\uFEFF/, '')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT') throw usage(`there is no file ${file}`, 'paths are relative to where the command runs')
    if (code === 'EISDIR') throw usage(`${file} is a folder`, 'name the file in it')
    throw usage(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}
