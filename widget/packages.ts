/**
 * What goes to npm, into `widget/dist/npm`: `@aside/widget` (the element and `mount`), and the components `@aside/vue` and
 * `@aside/react` around it. Each folder is ready for `npm publish`.
 */
import { spawnSync } from 'node:child_process'
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { build } from 'vite'
// eslint-disable-next-line aside/import-law -- a tool, not a part of the widget
import { npmPackage } from '../vite.config.ts'

const folder = import.meta.dirname
const target = join(folder, 'dist/npm')

interface Manifest {
  name: string
  version: string
  license: string
  description?: string
  peerDependencies?: Record<string, string>
}

/** The types of what `element/main.ts` exports, told of the same types that pages compile against. */
const widgetTypes = `export * from './sdk.js'
import type { AsideElement, Mount } from './sdk.js'
export declare const mount: Mount
export declare const AsideChat: { new (): AsideElement }
`

function declare(files: string[], outDir: string): void {
  const options =
    '--declaration --emitDeclarationOnly --skipLibCheck --module nodenext --moduleResolution nodenext --target esnext --strict --allowImportingTsExtensions --rewriteRelativeImportExtensions --noCheck'
  const { status, stdout } = spawnSync(
    process.execPath,
    [
      join(folder, '../node_modules/typescript/bin/tsc'),
      '--ignoreConfig',
      ...options.split(' '),
      '--outDir',
      outDir,
      ...files,
    ],
    { cwd: folder, encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`the types of ${files.join(', ')} could not be made:\n${stdout}`)
}

async function write(name: 'widget' | 'vue' | 'react'): Promise<void> {
  const from = name === 'widget' ? folder : join(folder, 'npm', name)
  const to = join(target, name)
  await mkdir(to, { recursive: true })
  await build({ configFile: false, logLevel: 'warn', ...npmPackage(name, to) })
  declare([name === 'widget' ? 'sdk.ts' : `npm/${name}/index.ts`], to)
  if (name === 'widget') await writeFile(join(to, 'index.d.ts'), widgetTypes)
  const own = JSON.parse(await readFile(join(from, 'package.json'), 'utf8')) as Manifest
  const { version, license, description = 'Aside’s chat widget: an element, and a function that mounts it' } = own
  const manifest = {
    name: own.name,
    version,
    license,
    description,
    type: 'module',
    // The element defines itself.
    sideEffects: name === 'widget',
    exports: {
      '.': { types: './index.d.ts', default: './index.js' },
      ...(name === 'widget' ? { './sdk': { types: './sdk.d.ts' } } : {}),
    },
    ...(name === 'widget'
      ? {}
      : { dependencies: { '@aside/widget': version }, peerDependencies: own.peerDependencies }),
  }
  await writeFile(join(to, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  await copyFile(join(folder, '../LICENSE'), join(to, 'LICENSE'))
}

process.chdir(folder)
await rm(target, { recursive: true, force: true })
for (const name of ['widget', 'vue', 'react'] as const) await write(name)
console.log('packages: @aside/widget, @aside/vue and @aside/react in widget/dist/npm')
