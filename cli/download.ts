/** A reply that is a file, put where it was asked for: whole, checked, or not at all. */
import { randomBytes } from 'node:crypto'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Command } from 'commander'
import { type Bar } from './output.ts'
import { Problem, usage } from './problems.ts'

interface SaveOptions {
  /** In the place of a file that is there. */
  force?: boolean | undefined
  bar: (total: number) => Bar
  /** Throws where what came cannot be right. It looks at the file before that has its name. */
  check?: (file: string) => void | Promise<void>
}

const MEGABYTE = 1_048_576

/** Before anything is asked for: who would overwrite a file has to say so. */
export function mustBeFree(file: string, force: boolean | undefined): void {
  if (existsSync(file) && !force) throw usage(`${file} is there already`, 'choose another name, or say --force')
  if (!existsSync(dirname(resolve(file)))) throw usage(`there is no folder ${dirname(resolve(file))}`, 'make it first')
}

/** The options of a command that writes a file where that is asked for. */
export const toFile = (command: Command, wayBeside = 'standard output where nothing is said'): Command =>
  command.option('-o, --out <file>', `where to; ${wayBeside}`).option('--force', 'in the place of a file that is there')

export interface ToFile {
  out?: string
  force?: boolean
}

/** Text, as a file of its own. Throws where a file is there, and nobody said to write over it. */
export function writeText(file: string, text: string, force: boolean | undefined): void {
  mustBeFree(file, force)
  writeFileSync(file, text)
}

/** Returns how many bytes it has. Only its owner can read it. */
export async function save(response: Response, file: string, { force, bar, check }: SaveOptions): Promise<number> {
  mustBeFree(file, force)
  const part = `${file}.part-${randomBytes(4).toString('hex')}`
  const expected = Number(response.headers.get('content-length') ?? Number.NaN)
  const progress = bar(Math.ceil((Number.isNaN(expected) ? 0 : expected) / MEGABYTE))
  let size = 0
  try {
    const handle = await open(part, 'wx', 0o600)
    try {
      for await (const chunk of response.body ?? []) {
        const before = Math.floor(size / MEGABYTE)
        await handle.write(chunk)
        size += chunk.length
        for (let at = before; at < Math.floor(size / MEGABYTE); at++) progress.step('MB')
      }
      await handle.sync()
    } finally {
      await handle.close()
    }
    if (!Number.isNaN(expected) && size !== expected) throw new Error(`${size} of ${expected} bytes came`)
    await check?.(part)
    await rename(part, file)
    const folder = await open(dirname(resolve(file)), 'r')
    await folder.sync().finally(() => folder.close())
    return size
  } catch (cause) {
    rmSync(part, { force: true })
    if (cause instanceof Problem) throw cause
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Problem('incomplete', `${file} was not written: ${why}`, { hint: 'try again', cause })
  } finally {
    progress.stop()
  }
}

export const sized = (bytes: number): string =>
  bytes < MEGABYTE ? `${Math.ceil(bytes / 1_024)} KB` : `${(bytes / MEGABYTE).toFixed(1)} MB`
