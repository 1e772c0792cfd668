/** Builds of a widget, as `widget/build.ts` lays one out, small and of any version. */
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const sriOf = (text: string) => `sha384-${createHash('sha384').update(text).digest('base64')}`
const hashIn = (text: string) => createHash('sha256').update(text).digest('base64url').slice(0, 8)

export interface BuildShop {
  /** Not there yet: to be written. */
  readonly cdn: string
  /** The folder of a build. `more` is put into each file that has no hash in its name. */
  build(version: string, more?: string): string
  clean(): void
}

export function createBuildShop(): BuildShop {
  const root = mkdtempSync(join(tmpdir(), 'aside-builds-'))
  let count = 0
  return {
    cdn: join(root, 'published'),
    build(version, more = '') {
      const folder = join(root, `build-${++count}`, 'cdn')
      const maps = join(folder, '../maps')
      for (const it of [folder, maps]) mkdirSync(it, { recursive: true })
      // Long enough to pay for packing.
      const chunk = `export const version = '${version}' // ${'chunk '.repeat(40)}\n`
      const files: Record<string, string> = { [`aside-chat-part-${hashIn(chunk)}.js`]: chunk }
      for (const name of ['embed.js', 'frame.js', 'aside-chat.js', 'remoteEntry.js', 'frame.css'])
        files[name] = `/* ${name} of ${version} ${more} */ ${'x = 1; '.repeat(40)}\n`
      for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
      for (const name of ['embed.js', 'frame.js'])
        writeFileSync(join(maps, `${name}.map`), '{"version":3,"sources":[]}')
      const hashes = Object.fromEntries(Object.entries(files).map(([name, text]) => [name, sriOf(text)]))
      const frame = { script: 'frame.js', styles: ['frame.css'], preload: [] }
      writeFileSync(join(folder, 'integrity.json'), JSON.stringify({ version, files: hashes, frame }))
      return folder
    },
    clean: () => rmSync(root, { recursive: true, force: true }),
  }
}
