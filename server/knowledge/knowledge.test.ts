import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  addSource,
  createApp,
  type Hit,
  listSources,
  removeSource,
  searchSources,
  type SourceAdded,
} from '@aside/protocol'
import { type Aside, type Owner, startAside } from '../testing/aside.ts'
import { stores } from '../testing/stores.ts'

const guide = `# Tea guide

Intro about tea in general.

## Green tea

Steep green tea at eighty degrees for two minutes.

## Black tea

Steep black tea with boiling water for four minutes.
`

describe.for(stores)('the sources of an app on %s', (store) => {
  let aside: Aside
  let owner: Owner
  beforeAll(async () => {
    aside = await startAside({ store })
  })
  afterAll(() => aside?.stop())

  const add = (it: Owner, name: string, content: string | Uint8Array<ArrayBuffer>, contentType = 'text/markdown') =>
    it.client.call(addSource, { query: { appId: it.app.id, name }, content, contentType }) as Promise<SourceAdded>
  const search = async (it: Owner, q: string, limit?: string): Promise<Hit[]> =>
    (await it.client.call(searchSources, { query: { appId: it.app.id, q, ...(limit && { limit }) } })).hits
  const list = async (it: Owner) => (await it.client.call(listSources, { query: { appId: it.app.id } })).sources

  it('are found by what they say, with the place it stands at', async () => {
    owner = await aside.owner()
    expect(await search(owner, 'how hot is green tea?')).toEqual([])
    const { source, outcome } = await add(owner, 'docs/tea.md', guide)
    expect(outcome).toBe('created')
    expect(source).toMatchObject({ name: 'docs/tea.md', title: 'Tea guide', mimeType: 'text/markdown', chunks: 3 })
    const [first] = await search(owner, 'how hot must the water for green teas be?')
    expect(first).toMatchObject({
      number: 1,
      sourceId: source.id,
      name: 'docs/tea.md',
      title: 'Tea guide',
      headingPath: ['Green tea'],
      text: 'Steep green tea at eighty degrees for two minutes.',
      excerpt: 'Steep green tea at eighty degrees for two minutes.',
    })
    expect(await search(owner, 'tea', '2')).toHaveLength(2)
    expect(await search(owner, 'zzzzzz qqqqqq')).toEqual([])
  })

  it('stay as they are when the same document is added again', async () => {
    const [before] = await list(owner)
    const again = await add(owner, 'docs/tea.md', guide)
    expect(again).toEqual({ source: before, outcome: 'unchanged' })
    expect(await list(owner)).toEqual([before])
  })

  it('are replaced as a whole when the document has changed', async () => {
    const [before] = await list(owner)
    const { source, outcome } = await add(owner, 'docs/tea.md', '# Tea guide\n\nSteep white tea at seventy degrees.\n')
    expect(outcome).toBe('updated')
    expect(source).toMatchObject({ id: before!.id, chunks: 1, createdAt: before!.createdAt })
    const hits = await search(owner, 'steep tea degrees')
    expect(hits.map((hit) => hit.text)).toEqual(['Steep white tea at seventy degrees.'])
  })

  it('are gone from list and search when removed, and can be removed only once', async () => {
    const { source } = await add(owner, 'gone.txt', 'A word about pelargoniums.', 'text/plain')
    expect(await search(owner, 'pelargonium')).toHaveLength(1)
    await owner.client.call(removeSource, { params: { sourceId: source.id }, query: {} })
    expect(await search(owner, 'pelargonium')).toEqual([])
    expect((await list(owner)).map((it) => it.name)).toEqual(['docs/tea.md'])
    await expect(owner.client.call(removeSource, { params: { sourceId: source.id }, query: {} })).rejects.toMatchObject(
      { code: 'not_found' },
    )
  })

  it('are one, when the same document is added from many sides at once', async () => {
    const it = await aside.owner()
    const added = await Promise.all(Array.from({ length: 8 }, () => add(it, 'same.md', guide)))
    expect(added.filter(({ outcome }) => outcome === 'created')).toHaveLength(1)
    expect(added.filter(({ outcome }) => outcome === 'unchanged')).toHaveLength(7)
    expect(new Set(added.map(({ source }) => source.id)).size).toBe(1)
    expect(await search(it, 'green tea')).toHaveLength(3)
  })

  it('show a reader the old document or the new one, never parts of both, while it is replaced', async () => {
    const it = await aside.owner()
    const edition = (n: number) =>
      Array.from({ length: 12 }, (_, i) => `# Part ${i}\n\nPelican edition${n} part${i}.\n`).join('\n')
    await add(it, 'book.md', edition(0))
    let writing = true
    const reading = (async () => {
      while (writing) {
        const hits = await search(it, 'pelican', '20')
        expect(hits).toHaveLength(12)
        expect(new Set(hits.map((hit) => /edition\d+/.exec(hit.text)![0])).size).toBe(1)
        await sleep(1)
      }
    })()
    for (let n = 1; n <= 12; n += 1) await add(it, 'book.md', edition(n))
    writing = false
    await reading
    expect((await search(it, 'pelican'))[0]!.text).toContain('edition12')
  })

  it('do not repeat a passage that stands in several of them', async () => {
    const it = await aside.owner()
    for (const name of ['a.md', 'b.md', 'c.md']) await add(it, name, '# Licence\n\nThe very same licence text.\n')
    expect(await search(it, 'licence')).toHaveLength(1)
  })

  it('that cannot be read are refused with the field that is wrong, and leave nothing behind', async () => {
    const it = await aside.owner()
    const bytes = (...list: number[]) => new Uint8Array(list)
    const binary = bytes(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13)
    const cases: [name: string, content: string | Uint8Array<ArrayBuffer>, code: string][] = [
      ['logo.md', binary, 'unsupported_source'],
      ['nul.txt', bytes(65, 0, 66), 'unsupported_source'],
      ['broken.md', bytes(0x48, 0x69, 0xff, 0xfe, 0x21), 'invalid_encoding'],
      ['blank.md', ' \n\t\n', 'invalid_input'],
      ['wordless.md', '<!-- nothing to read -->\n', 'invalid_input'],
      ['deep.html', `${'<b>'.repeat(3_000)}text`, 'invalid_input'],
      ['empty.md', '', 'body_missing'],
    ]
    for (const [name, content, code] of cases)
      await expect(add(it, name, content, 'application/octet-stream'), name).rejects.toMatchObject({
        code,
        issues: [{ path: 'body' }],
      })
    await expect(add(it, 'a\u0000b', guide)).rejects.toMatchObject({
      code: 'invalid_input',
      issues: [{ path: 'query.name' }],
    })
    await expect(add(it, 'pic.png', guide, 'image/png')).rejects.toMatchObject({ code: 'unsupported_media_type' })
    expect(await list(it)).toEqual([])
    // What failed before does not stand in the way of the right one.
    expect(await add(it, 'broken.md', guide)).toMatchObject({ outcome: 'created' })
    await expect(add(it, 'broken.md', binary)).rejects.toMatchObject({ code: 'unsupported_source' })
    expect(await search(it, 'green tea')).toHaveLength(3)
  })

  it('of another tenant are never found, and do not change a score', async () => {
    const [mine, theirs] = [await aside.owner(), await aside.owner()]
    await add(mine, 'tea.md', guide)
    const alone = await search(mine, 'how long must green tea steep?')
    await add(theirs, 'tea.md', `${guide}\n## Canary\n\nThe canary7731 sings. How long must green tea steep?\n`)
    await add(theirs, 'more.md', 'Green tea, green tea, steep steep steep.')
    expect(await search(mine, 'how long must green tea steep?')).toEqual(alone)
    expect(await search(mine, 'canary7731')).toEqual([])
    expect((await search(theirs, 'canary7731'))[0]!.text).toContain('canary7731')

    const foreign = { appId: theirs.app.id }
    const refused = { code: 'not_found' }
    await expect(mine.client.call(searchSources, { query: { ...foreign, q: 'tea' } })).rejects.toMatchObject(refused)
    await expect(mine.client.call(listSources, { query: foreign })).rejects.toMatchObject(refused)
    await expect(
      mine.client.call(addSource, {
        query: { ...foreign, name: 'x.md' },
        content: guide,
        contentType: 'text/markdown',
      }),
    ).rejects.toMatchObject(refused)
    const [source] = await list(theirs)
    await expect(mine.client.call(removeSource, { params: { sourceId: source!.id }, query: {} })).rejects.toMatchObject(
      refused,
    )
  })

  it('of one app are not those of the next one of the same tenant', async () => {
    const first = await aside.owner()
    const query = { tenantId: first.tenantId }
    const app = await aside.operator.call(createApp, {
      query,
      body: { name: 'Other', allowedOrigins: [], config: {} },
    })
    await add(first, 'tea.md', guide)
    const there = { client: first.client, app } as Owner
    expect(await search(there, 'green tea')).toEqual([])
    await add(there, 'tea.md', 'Green tea of the other app.')
    expect((await search(there, 'green tea')).map((hit) => hit.text)).toEqual(['Green tea of the other app.'])
  })

  it('are found again after a restart', async () => {
    const it = await aside.owner()
    await add(it, 'tea.md', guide)
    const before = await search(it, 'black tea')
    await aside.restart()
    expect(await search(it, 'black tea')).toEqual(before)
  })
})
