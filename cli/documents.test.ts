import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { documentsUnder } from './documents.ts'
import { createPlace } from './testing/command.ts'

const place = createPlace()
afterAll(() => place.clean())
const names = (root: string, options = {}) => documentsUnder(root, options).map((it) => it.name)

describe('a folder', () => {
  const root = place.folder({
    'readme.MD': '# A',
    'guide/one.markdown': '# B',
    'guide/deep/two.htm': '<h1>C</h1>',
    'guide/picture.png': 'no',
    'notes.txt': 'D',
    'page.mdx': '# E',
    '.git/description.md': 'hidden',
    'node_modules/koa/readme.md': '# Koa',
  })

  test('gives the files known by their ending, named by their path with slashes', () => {
    expect(names(root)).toEqual(['guide/deep/two.htm', 'guide/one.markdown', 'notes.txt', 'page.mdx', 'readme.MD'])
  })

  test('says what each of them is', () => {
    const types = Object.fromEntries(documentsUnder(root).map((it) => [it.name, it.contentType]))
    expect(types).toMatchObject({
      'readme.MD': 'text/markdown',
      'guide/deep/two.htm': 'text/html',
      'notes.txt': 'text/plain',
    })
  })

  test('keeps out installed packages unless it is told to enter them, or is one of them', () => {
    expect(names(root, { dependencies: true })).toContain('node_modules/koa/readme.md')
    expect(names(join(root, 'node_modules'))).toEqual(['koa/readme.md'])
    expect(names(join(root, 'node_modules/koa'))).toEqual(['readme.md'])
  })

  test('is one document where it is a file, whatever its ending', () => {
    expect(documentsUnder(join(root, 'guide/picture.png'))).toMatchObject([
      { name: 'picture.png', contentType: 'application/octet-stream' },
    ])
  })

  test('is refused in words where there is none', () => {
    expect(() => documentsUnder(join(root, 'nowhere'))).toThrow(/there is no .*nowhere/)
  })
})

describe('links', () => {
  const outside = place.folder({ 'secret.md': '# Secret', 'folder/also.md': '# Also' })

  test('lead out of the folder for nobody', () => {
    const root = place.folder({ 'a.md': '# A' })
    symlinkSync(join(outside, 'secret.md'), join(root, 'linked.md'))
    symlinkSync(join(outside, 'folder'), join(root, 'linked'))
    expect(names(root, { dependencies: true })).toEqual(['a.md'])
  })

  test('inside the folder give each document once, and a circle ends', () => {
    const root = place.folder({ 'docs/a.md': '# A' })
    symlinkSync(join(root, 'docs/a.md'), join(root, 'b.md'))
    symlinkSync(root, join(root, 'docs/round'))
    symlinkSync(join(root, 'gone'), join(root, 'broken.md'))
    expect(names(root)).toEqual(['b.md'])
  })

  const store = place.folder({
    'node_modules/.pnpm/koa@3/node_modules/koa/readme.md': '# Koa',
    'node_modules/.pnpm/koa-compose@4/node_modules/koa-compose/readme.md': '# Compose',
    'node_modules/.pnpm/lock.yaml': '',
    'server/node_modules/.bin/koa.md': 'hidden',
  })
  const packages = join(store, 'node_modules')
  symlinkSync('.pnpm/koa@3/node_modules/koa', join(packages, 'koa'))
  symlinkSync('../../koa-compose@4/node_modules/koa-compose', join(packages, '.pnpm/koa@3/node_modules/koa-compose'))
  symlinkSync('../../node_modules/.pnpm/koa@3/node_modules/koa', join(store, 'server/node_modules/koa'))
  symlinkSync('../../server', join(packages, 'own'))

  test('of pnpm lead to each package once, by the name it is installed under where it has one', () => {
    expect(names(packages)).toEqual(['.pnpm/koa-compose@4/node_modules/koa-compose/readme.md', 'koa/readme.md'])
  })

  test('of pnpm are followed from a workspace to the packages it uses', () => {
    expect(names(join(store, 'server/node_modules'))).toEqual(['koa/readme.md'])
    expect(names(join(store, 'server/node_modules/koa'))).toEqual(['readme.md'])
  })

  test('of pnpm are no way around leaving packages out', () => {
    expect(() => names(store)).not.toThrow()
    expect(names(store)).toEqual([])
  })
})
