/**
 * Every build of the widget, into `widget/dist/cdn`: one flat folder, to be served as it is. `integrity.json` says what is in
 * it: the hash of each file (for `integrity=`), and what the iframe's document has to load. Source maps go to `widget/dist/maps`, so
 * that nobody publishes them by chance.
 */
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { build } from 'vite'
// eslint-disable-next-line aside/import-law -- a tool, not a part of the widget
import { packBeside } from '../server/files/encodings.ts'
// eslint-disable-next-line aside/import-law -- the same
import { widgetBuilds } from '../vite.config.ts'

const folder = import.meta.dirname
const target = join(folder, 'dist/cdn')
const next = join(folder, 'dist', `.cdn-${process.pid}`)
const maps = join(folder, 'dist/maps')
const nextMaps = join(folder, 'dist', `.maps-${process.pid}`)

/** The federation plugin finds what is exposed from where the process runs. */
process.chdir(folder)
await mkdir(next, { recursive: true })
await mkdir(nextMaps, { recursive: true })
try {
  for (const config of widgetBuilds) await build({ configFile: false, logLevel: 'warn', ...config(next) })

  for (const name of await readdir(next))
    if (name.endsWith('.map')) await rename(join(next, name), join(nextMaps, name))
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

  await Promise.all((await readdir(next)).map((name) => packBeside(next, name)))

  for (const [from, to] of [
    [next, target],
    [nextMaps, maps],
  ] as const) {
    await rm(to, { recursive: true, force: true })
    await rename(from, to)
  }
  console.log(`widget ${version}: ${names.length} files in widget/dist/cdn`)
} finally {
  for (const it of [next, nextMaps]) await rm(it, { recursive: true, force: true })
}
