import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listSources } from '@aside/protocol'
import { type Aside, type Owner, startAside } from '@aside/server/testing/aside'
import { createPlace } from './testing/command.ts'

let aside: Aside
let owner: Owner
const place = createPlace()
const run = (...args: string[]) => place.run(args, { env: { ASIDE_URL: aside.url, ASIDE_KEY: owner.secret } })
const stored = async () =>
  (await owner.client.call(listSources, { query: { appId: owner.app.id } })).sources.map((it) => it.name)

beforeAll(async () => {
  aside = await startAside()
  owner = await aside.owner()
})
afterAll(async () => {
  await aside.stop()
  await place.clean()
})

describe('source add', () => {
  const binary = Uint8Array.from({ length: 2_000 }, (_, i) => (i * 37) % 256)

  test('adds what it can of a folder, names what it cannot, and then exits with 1', async () => {
    const folder = place.folder({
      'returns.md': '# Returns\n\nAnything goes back within 30 days.',
      'sub/warranty.html': '<h1>Warranty</h1><p>It lasts three years.</p>',
      'picture.md': binary,
      'empty.txt': '',
      'logo.png': binary,
    })
    const first = await run('source', 'add', folder, '--app', 'shop', '--json')
    expect(first.code, first.stderr).toBe(1)
    expect(first.json()).toMatchObject({
      appId: owner.app.id,
      summary: { created: 2, refused: 2 },
      leftOut: ['logo.png'],
      sources: [
        { name: 'empty.txt', outcome: 'refused', error: { code: 'body_missing' } },
        { name: 'picture.md', outcome: 'refused', error: { code: 'unsupported_source' } },
        { name: 'returns.md', outcome: 'created', chunks: 1 },
        { name: 'sub/warranty.html', outcome: 'created' },
      ],
    })
    expect(await stored()).toEqual(['returns.md', 'sub/warranty.html'])

    const again = await run('source', 'add', join(folder, 'returns.md'), join(folder, 'sub'), '--prefix', '/sub/')
    expect(again.code, again.stderr).toBe(0)
    expect(again.stdout).toMatch(/CREATED +UNCHANGED\n1 +1\n$/)
  })

  test('prunes what is not in the folder any more, under its prefix only', async () => {
    const before = await stored()
    const { code, stdout } = await run(
      ...['source', 'add', place.folder({ 'new.md': '# New\n\nText.' }), '--prefix', 'sub', '--prune', '--json'],
    )
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      summary: { created: 1, removed: 2 },
      removed: ['sub/returns.md', 'sub/warranty.html'],
    })
    expect(await stored()).toEqual([...before.filter((it) => !it.startsWith('sub/')), 'sub/new.md'])
  })

  test('sends nothing when two files would have one name, or when pruning would leave nothing', async () => {
    const before = await stored()
    const [one, two, none] = [place.folder({ 'a.md': '# 1' }), place.folder({ 'a.md': '# 2' }), place.folder({ x: '' })]
    const twice = await run('source', 'add', one, two)
    expect(twice).toMatchObject({ code: 2, stdout: '' })
    expect(twice.stderr).toContain('would both be called a.md')
    expect(await run('source', 'add', none, '--prune')).toMatchObject({ code: 2 })
    expect(await run('source', 'add', none)).toMatchObject({ code: 1 })
    expect(await stored()).toEqual(before)
  })

  test('takes the Markdown of installed packages, and finds in it', async () => {
    const koa = join(import.meta.dirname, '../server/node_modules/koa')
    const { code, json } = await run('source', 'add', koa, '--prefix', 'koa', '--json')
    expect(code).toBe(0)
    const readme = readdirSync(koa).find((it) => /^readme\.md$/i.test(it))
    expect(json()).toMatchObject({
      sources: expect.arrayContaining([expect.objectContaining({ name: `koa/${readme}` })]),
    })
    const search = await run('source', 'search', 'koa', 'middleware', 'with', 'async', 'functions', '--json')
    expect(search.json()).toHaveProperty('hits.0.name', `koa/${readme}`)
  })
})

test('source list shows what there is, and source remove takes it away by name', async () => {
  const list = await run('source', 'list')
  expect(list.stdout).toMatch(/^NAME +TITLE +PASSAGES/)
  expect(list.stdout).toMatch(/^returns\.md +Returns +1/m)
  expect(list.stdout).not.toContain('\u001b')
  const gone = await run('source', 'remove', 'returns.md', 'sub/new.md', '--json')
  expect(gone.json()).toMatchObject({ removed: [{ name: 'returns.md' }, { name: 'sub/new.md' }] })
  expect(await stored()).not.toContain('returns.md')
  const twice = await run('source', 'remove', 'returns.md')
  expect(twice.code).toBe(1)
  expect(twice.stderr).toContain('Shop has no source returns.md')
})
