/**
 * Every build of the widget, into `widget/dist/cdn`: one flat folder, to be served as it is. `integrity.json` says what is in
 * it: the hash of each file (for `integrity=`), and what the iframe's document has to load.
 */
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { build } from 'vite'
// eslint-disable-next-line aside/import-law -- a tool, not a part of the widget
import { widgetBuilds } from '../vite.config.ts'

const folder = import.meta.dirname
const target = join(folder, 'dist/cdn')
const next = join(folder, 'dist', `.cdn-${process.pid}`)

/** The federation plugin finds what is exposed from where the process runs. */
process.chdir(folder)
await mkdir(next, { recursive: true })
try {
  for (const config of widgetBuilds) await build({ configFile: false, logLevel: 'warn', ...config(next) })

  const names = (await readdir(next)).sort()
  const files: Record<string, string> = {}
  for (const name of names) {
    const hash = createHash('sha384').update(await readFile(join(next, name)))
    files[name] = `sha384-${hash.digest('base64')}`
  }
  const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string }
  // The first screen is one file; what it loads later it asks for itself.
  const preload: string[] = []
  const frame = { script: 'frame.js', styles: names.filter((name) => /^frame[^/]*\.css$/.test(name)), preload }
  await writeFile(join(next, 'integrity.json'), `${JSON.stringify({ version, files, frame }, null, 2)}\n`)

  await rm(target, { recursive: true, force: true })
  await rename(next, target)
  console.log(`widget ${version}: ${names.length} files in widget/dist/cdn`)
} finally {
  await rm(next, { recursive: true, force: true })
}
