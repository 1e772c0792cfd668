/** The documents under a file or folder, each once, by the path that leads there. */
import { type Dirent, readdirSync, realpathSync, statSync } from 'node:fs'
import { basename, extname, join, relative, sep } from 'node:path'
import { Problem } from './problems.ts'

export interface Document {
  file: string
  /** Relative to the root it was found under, with slashes. */
  name: string
  sizeBytes: number
  contentType: string
}

const types: Record<string, string> = {
  '.md': 'text/markdown',
  '.markdown': 'text/markdown',
  '.mdx': 'text/markdown',
  '.txt': 'text/plain',
  '.html': 'text/html',
  '.htm': 'text/html',
}

/** What the server is told a file is. It decides about the others itself. */
const contentType = (file: string) => types[extname(file).toLowerCase()] ?? 'application/octet-stream'

const segments = (path: string) => path.split(sep)

interface Folder {
  path: string
  /** As it is called in the names of what is in it. */
  shown: string
}

/**
 * A file is taken whatever it is; of a folder, the files known by their ending, deep. Hidden folders are left out, and installed
 * packages unless `dependencies` says so or the root is among them. Links are followed inside the root only, and to packages
 * (which pnpm links from one place); what several paths lead to is there once, by the path outside of pnpm's own folder.
 * `leftOut` is told the files whose kind is not known.
 */
export function documentsUnder(root: string, { dependencies = false, leftOut = (_: string) => {} } = {}): Document[] {
  let real: string
  try {
    real = realpathSync(root)
  } catch {
    throw new Problem('not_found', `there is no ${root}`, { hint: 'paths are relative to where the command runs' })
  }
  if (statSync(real).isFile()) return [document(real, basename(root))]
  const withPackages = dependencies || segments(real).includes('node_modules') || basename(root) === 'node_modules'
  const seen = new Set<string>()
  const found: Document[] = []
  const folders: Folder[] = [{ path: real, shown: '' }]
  /** pnpm's own folder comes last: a package is better known as what it is installed as. */
  const stores: Folder[] = []

  function visit({ path, shown }: Folder): void {
    const place = realpathSync(path)
    if (seen.has(place)) return
    seen.add(place)
    const isInStore = segments(relative(real, path)).includes('.pnpm')
    for (const entry of readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const inside: Folder = { path: join(path, entry.name), shown: shown + entry.name }
      const kind = entry.isSymbolicLink() ? (isInStore ? undefined : linked(inside.path)) : kindOf(entry)
      if (kind === 'file') {
        const target = realpathSync(inside.path)
        if (seen.has(target)) continue
        seen.add(target)
        if (contentType(target) === 'application/octet-stream') leftOut(inside.shown)
        else found.push(document(target, inside.shown))
      } else if (kind === 'folder' && isWanted(entry.name)) {
        const next = entry.name === '.pnpm' ? stores : folders
        next.push({ ...inside, shown: `${inside.shown}/` })
      }
    }
  }

  const isWanted = (name: string) =>
    name === 'node_modules' ? withPackages : name === '.pnpm' ? withPackages : !name.startsWith('.')

  function linked(link: string): 'file' | 'folder' | undefined {
    let target: string
    try {
      target = realpathSync(link)
    } catch {
      return undefined
    }
    const path = segments(relative(real, target))
    const isOutside = path[0] === '..'
    if (path.includes('node_modules') ? !withPackages : isOutside) return undefined
    return kindOf(statSync(target))
  }

  for (let next; (next = folders.shift() ?? stores.shift());) visit(next)
  return found.sort((a, b) => (a.name < b.name ? -1 : 1))
}

const kindOf = (it: Pick<Dirent, 'isFile' | 'isDirectory'>) =>
  it.isFile() ? ('file' as const) : it.isDirectory() ? ('folder' as const) : undefined

const document = (file: string, name: string): Document => ({
  file,
  name,
  sizeBytes: statSync(file).size,
  contentType: contentType(file),
})
