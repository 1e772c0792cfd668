import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEdge, type Scope } from '../platform/index.ts'
import { type App } from '@aside/protocol'
import { type Aside, startAside } from '../testing/aside.ts'
import { type Beside, openBeside } from '../testing/beside.ts'
import { stores } from '../testing/stores.ts'
import { createKnowledge, type Knowledge } from './knowledge.ts'

describe.for(stores)('the index of an app on %s', (store) => {
  let aside: Aside
  let beside: Beside
  let scope: Scope
  beforeAll(async () => {
    aside = await startAside({ store })
    beside = await openBeside(aside.store)
    scope = beside.scope((await aside.owner()).tenantId)
  })
  afterAll(async () => {
    await beside?.close()
    await aside?.stop()
  })

  const edge = createEdge()
  /** As another process has it: with an index of its own. */
  const process = (indexBytes?: number): Knowledge =>
    createKnowledge({
      edge,
      audit: beside.audit,
      tenancy: beside.tenancy,
      ...(indexBytes !== undefined && { indexBytes }),
    })
  const newApp = (): Promise<App> => beside.tenancy.createApp(scope, { name: 'App', allowedOrigins: [], config: {} })
  const add = (knowledge: Knowledge, appId: string, name: string, text: string) =>
    knowledge.addSource(scope, { appId, name, body: new TextEncoder().encode(text) })
  const texts = async (knowledge: Knowledge, appId: string, query: string, limit = 5) =>
    (await knowledge.search(scope, { appId, query, limit })).map((hit) => hit.text)

  it('knows at once what another process has added, changed and removed', async () => {
    const [one, other] = [process(), process()]
    const { id } = await newApp()
    await add(one, id, 'a.md', 'The first heron.')
    expect(await texts(other, id, 'heron')).toEqual(['The first heron.'])
    await add(other, id, 'a.md', 'The second heron.')
    const { source } = await add(other, id, 'b.md', 'A third heron.')
    expect((await texts(one, id, 'heron')).sort()).toEqual(['A third heron.', 'The second heron.'])
    await one.removeSource(scope, source.id)
    expect(await texts(other, id, 'heron')).toEqual(['The second heron.'])
  })

  it('follows hundreds of small changes', async () => {
    const knowledge = process()
    const { id } = await newApp()
    for (let n = 0; n < 60; n += 1) {
      await add(knowledge, id, `${n % 40}.md`, `Heron number${n}.`)
      expect(await texts(knowledge, id, `number${n}`, 1)).toEqual([`Heron number${n}.`])
    }
    expect(await texts(knowledge, id, 'heron', 50)).toHaveLength(40)
    expect(await texts(process(), id, 'heron', 50)).toHaveLength(40)
  })

  it('is thrown away when there is no room, and is back when it is asked', async () => {
    const knowledge = process(1)
    const apps = await Promise.all([newApp(), newApp(), newApp()])
    for (const { id } of apps) await add(knowledge, id, 'a.md', `The heron of ${id}.`)
    for (let round = 0; round < 2; round += 1)
      await Promise.all(
        apps.map(async ({ id }) => expect(await texts(knowledge, id, 'heron')).toEqual([`The heron of ${id}.`])),
      )
    const { id } = apps[0]!
    await texts(knowledge, id, 'heron')
    const alone = process()
    await texts(alone, id, 'heron')
    expect(knowledge.indexBytes()).toBe(alone.indexBytes())
  })

  it('reads passages that an older analysis has stored', async () => {
    const { id } = await newApp()
    await add(process(), id, 'a.md', '# Birds\n\nThe heron stands.\n\n## Cranes\n\nThe crane dances.')
    const before = await process().find(scope, { appId: id, query: 'cranes' })
    await scope.sql(
      store === 'sqlite'
        ? "update chunks set vector = x'00' where tenant_id = ? and app_id = ? and position = 1"
        : 'update chunks set vector = set_byte(vector, 0, 0) where tenant_id = ? and app_id = ? and position = 1',
      [id],
    )
    expect(await process().find(scope, { appId: id, query: 'cranes' })).toEqual(before)
  })

  it('keeps the old document whole where the new one could not be stored to its end', async () => {
    const knowledge = process()
    const { id } = await newApp()
    const edition = (word: string, last = '') =>
      Array.from({ length: 250 }, (_, i) => `# Part ${i}\n\nHeron ${word} ${i}.`).join('\n\n') + last
    await add(knowledge, id, 'book.md', edition('first'))
    await beside.db
      .em('*')
      .execute(
        store === 'sqlite'
          ? `create trigger poison before insert on chunks when new.text like '%poison%' begin select raise(abort, 'no'); end`
          : `alter table chunks add constraint poison check (text not like '%poison%')`,
      )
    await expect(add(knowledge, id, 'book.md', edition('second', ' poison'))).rejects.toThrow()
    await expect(add(knowledge, id, 'new.md', edition('third', ' poison'))).rejects.toThrow()
    for (const it of [knowledge, process()]) {
      const found = await texts(it, id, 'heron', 50)
      expect(found).toHaveLength(50)
      for (const text of found) expect(text).toMatch(/^Heron first/)
    }
    expect((await knowledge.listSources(scope, id, { limit: 100 })).items.map((it) => [it.name, it.chunks])).toEqual([
      ['book.md', 250],
    ])
  })

  it('leaves out what does not reach the confidence asked for', async () => {
    const knowledge = process()
    const { id } = await newApp()
    await add(knowledge, id, 'a.md', '# Birds\n\nThe heron stands in the water.\n\n# Beasts\n\nThe otter swims there.')
    const all = await knowledge.find(scope, { appId: id, query: 'Where does the heron stand?' })
    expect(all.length).toBe(2)
    const least = (all[0]!.confidence + all[1]!.confidence) / 2
    expect(
      await knowledge.find(scope, { appId: id, query: 'Where does the heron stand?', leastConfidence: least }),
    ).toEqual([all[0]])
  })
})
