/** What a command is given to read. */
import { readFileSync, readSync } from 'node:fs'
import { usage } from './problems.ts'

/** `-` is standard input. Throws where there is no such file. */
export function readText(file: string): string {
  try {
    return (file === '-' ? readStandardInput() : readFileSync(file, 'utf8')).replace(/^\uFEFF/, '')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT') throw usage(`there is no file ${file}`, 'paths are relative to where the command runs')
    if (code === 'EISDIR') throw usage(`${file} is a folder`, 'name the file in it')
    throw usage(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** A pipe whose other end is still at work may have nothing to read yet, which is no reason to give up. */
function readStandardInput(): string {
  const chunks: Buffer[] = []
  for (;;) {
    const chunk = Buffer.alloc(65_536)
    try {
      const size = readSync(0, chunk)
      if (size === 0) return Buffer.concat(chunks).toString('utf8')
      chunks.push(chunk.subarray(0, size))
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
    }
  }
}
