/** Reads a tenant's file and everything it names, before anything is changed. */
import { createHash } from 'node:crypto'
import { globSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve, sep } from 'node:path'
import { MAX_SOURCE_BYTES } from '@aside/protocol'
import { documentsUnder } from '../documents.ts'
import { readText } from '../files.ts'
import { EXIT, Problem } from '../problems.ts'
import { type Mistake, readYamlText, refuseMistakes } from '../read-yaml.ts'
import { TenantFile } from './schema.ts'

export interface SourceFile {
  file: string
  name: string
  contentType: string
  sha256: string
}

export interface Wanted {
  file: TenantFile
  /** By the app's name; absent for an app whose file names none. */
  sources: Map<string, SourceFile[]>
}

/** Throws a `Problem` that names every mistake and its line, with exit code 2. */
export function readTenantFile(path: string): Wanted {
  const text = readYamlText(readText(path), TenantFile)
  if ('mistakes' in text) throw refuseMistakes(path, text.mistakes)
  const { value: file, mistakeAt } = text
  const folder = path === '-' ? process.cwd() : dirname(resolve(path))
  const mistakes: Mistake[] = []
  const sources = new Map<string, SourceFile[]>()
  for (const [app, { sources: patterns }] of Object.entries(file.apps ?? {})) {
    if (!patterns) continue
    const byName = new Map<string, SourceFile>()
    for (const [i, pattern] of patterns.entries()) {
      const at = ['apps', app, 'sources', i]
      const found = filesOf(folder, pattern)
      if (found.length === 0) mistakes.push(mistakeAt(at, `there is no document at ${pattern}, seen from ${folder}`))
      for (const it of found) {
        const other = byName.get(it.name)
        if (other && other.file !== it.file)
          mistakes.push(mistakeAt(at, `${other.file} and ${it.file} would both be called ${it.name}`))
        if (statSync(it.file).size > MAX_SOURCE_BYTES)
          mistakes.push(mistakeAt(at, `${it.file} is larger than ${MAX_SOURCE_BYTES / 1_048_576} MB`))
        else byName.set(it.name, { ...it, sha256: hashOf(it.file) })
      }
    }
    sources.set(app, [...byName.values()])
  }
  if (mistakes.length > 0) throw refuseMistakes(path, mistakes)
  return { file, sources }
}

function hashOf(file: string): string {
  try {
    return createHash('sha256').update(readFileSync(file)).digest('base64url')
  } catch (cause) {
    throw new Problem('unreadable', `${file} cannot be read`, { exit: EXIT.usage, cause })
  }
}

const slashes = (path: string) => path.split(sep).join('/')
/** Seen from the file, without the way up: `../docs/a.md` is called `docs/a.md`. */
const nameOf = (path: string) => slashes(path).replace(/^(\.{1,2}\/)+/, '')

/** A folder stands for all documents in it; of a pattern's files, those are taken that can be documents. */
function filesOf(folder: string, pattern: string): Omit<SourceFile, 'sha256'>[] {
  const isPattern = /[*?[\]{}]/.test(pattern)
  const paths = isPattern ? globSync(pattern, { cwd: folder }).sort() : [pattern]
  return paths.flatMap((path) => {
    const full = join(folder, path)
    const stats = statSync(full, { throwIfNoEntry: false })
    if (!stats || (isPattern && stats.isDirectory())) return []
    const within = stats.isDirectory() ? `${nameOf(path).replace(/\/+$/, '')}/` : ''
    return documentsUnder(full)
      .filter((it) => !isPattern || it.contentType !== 'application/octet-stream')
      .map(({ file, name, contentType }) => ({
        file,
        name: stats.isDirectory() ? (within === './' || within === '/' ? name : within + name) : nameOf(path),
        contentType,
      }))
  })
}
