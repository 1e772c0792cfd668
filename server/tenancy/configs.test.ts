import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  activateConfig,
  type AppConfig,
  createConfig,
  diffConfigs,
  listConfigs,
  pages,
  readApp,
  readConfig,
  rollbackConfig,
  updateApp,
} from '@aside/protocol'
import { Turns } from '../conversations/index.ts'
import { acrossTenants, createLog, newId } from '../platform/index.ts'
import { type Aside, ORIGIN, type Owner, startAside } from '../testing/aside.ts'
import { type Beside, openBeside } from '../testing/beside.ts'
import { type ModelServer, startModelServer } from '../testing/model-server.ts'
import { send, sendJson } from '../testing/raw-request.ts'
import { stores } from '../testing/stores.ts'
import { ConfigVersions } from './entities.ts'

describe.for(stores)('the configurations of an app, on %s', (store) => {
  let models: ModelServer
  let aside: Aside
  let beside: Beside
  beforeAll(async () => {
    models = await startModelServer()
    aside = await startAside({ store, modelUrl: models.url })
    beside = await openBeside(aside.store)
  })
  afterAll(async () => {
    await beside?.close()
    await aside?.stop()
    await models?.stop()
  })

  const make = (owner: Owner, config: AppConfig, note?: string) =>
    owner.client.call(createConfig, {
      query: { appId: owner.app.id },
      body: { config, ...(note === undefined ? {} : { note }) },
    })
  const activate = (owner: Owner, config: number, trial?: { config: number; percent: number }) =>
    owner.client.call(activateConfig, {
      params: { appId: owner.app.id },
      body: { config, ...(trial ? { trial } : {}) },
    })
  const rollBack = (owner: Owner) => owner.client.call(rollbackConfig, { params: { appId: owner.app.id } })
  const liveNumber = async (owner: Owner) =>
    (await owner.client.call(readApp, { params: { appId: owner.app.id } })).live.config
  const settingsOf = async (owner: Owner) =>
    (await send(`${aside.url}/v1/apps/${owner.app.id}/settings`, { headers: { origin: ORIGIN } })).json() as {
      theme: { primary: string }
      words: { title?: string }
    }

  it('are numbered, stay as they are, and change nothing before they are activated', async () => {
    const owner = await aside.owner({ words: { title: 'First' } })
    const second = await make(owner, { words: { title: 'Second' }, theme: { primary: '#112233' } }, 'Darker')
    expect(second).toMatchObject({ number: 2, note: 'Darker', appId: owner.app.id })
    expect(second.createdBy).toMatch(/^key_/)
    expect((await settingsOf(owner)).words.title).toBe('First')
    const app = await activate(owner, 2)
    expect(app).toMatchObject({ live: { config: 2 }, config: { words: { title: 'Second' } } })
    expect(await settingsOf(owner)).toMatchObject({ words: { title: 'Second' }, theme: { primary: '#112233' } })
    const { configs } = await owner.client.call(listConfigs, { query: { appId: owner.app.id } })
    expect(configs.map((it) => [it.number, it.config.words?.title])).toEqual([
      [2, 'Second'],
      [1, 'First'],
    ])
    expect(await owner.client.call(readConfig, { params: { configId: second.id } })).toEqual(second)
    await expect(activate(owner, 3)).rejects.toMatchObject({ code: 'not_found' })
    expect(await liveNumber(owner)).toBe(2)
  })

  it('are told apart value by value', async () => {
    const owner = await aside.owner({ model: 'a', theme: { primary: '#000000' }, suggestedQuestions: ['x', 'y'] })
    const first = (await owner.client.call(listConfigs, { query: { appId: owner.app.id } })).configs[0]!
    const next = await make(owner, {
      model: 'b',
      theme: { primary: '#000000', radius: 4 },
      suggestedQuestions: ['y', 'x'],
    })
    const diff = (configId: string, against: string) =>
      owner.client.call(diffConfigs, { params: { configId }, query: { against } })
    expect((await diff(next.id, first.id)).changes).toEqual([
      { path: 'model', before: 'a', after: 'b' },
      { path: 'suggestedQuestions', before: ['x', 'y'], after: ['y', 'x'] },
      { path: 'theme.radius', after: 4 },
    ])
    expect((await diff(next.id, next.id)).changes).toEqual([])
    const other = await aside.owner()
    const theirs = (await other.client.call(listConfigs, { query: { appId: other.app.id } })).configs[0]!
    await expect(diff(next.id, theirs.id)).rejects.toMatchObject({ code: 'not_found' })
  })

  it('are rolled back one at a time, to what was live before, and no further than the first', async () => {
    const owner = await aside.owner({ model: 'one' })
    await make(owner, { model: 'two' })
    await make(owner, { model: 'three' })
    await activate(owner, 2)
    await activate(owner, 3, { config: 1, percent: 20 })
    await activate(owner, 2)
    await activate(owner, 2)
    expect((await rollBack(owner)).live).toMatchObject({ config: 3, trial: { config: 1, percent: 20 } })
    expect((await rollBack(owner)).live.config).toBe(2)
    expect((await rollBack(owner)).live.config).toBe(1)
    await expect(rollBack(owner)).rejects.toMatchObject({ code: 'conflict' })
    await activate(owner, 3)
    expect((await rollBack(owner)).live.config).toBe(1)
  })

  it('cannot be made invalid: nothing is kept of one that is refused', async () => {
    const owner = await aside.owner()
    const before = await beside.count('config_versions')
    const wrong: [unknown, string][] = [
      [{ theme: { primary: 'red' } }, 'body.config.theme.primary'],
      [{ theme: { radius: 99 } }, 'body.config.theme.radius'],
      [{ temperature: 3 }, 'body.config.temperature'],
      [{ passages: 2.5 }, 'body.config.passages'],
      [{ unknown: 1 }, 'body.config.unknown'],
      [{ words: { shout: 'x' } }, 'body.config.words.shout'],
      [{ wordsByLocale: { 'not a tag': {} } }, 'body.config.wordsByLocale.not a tag'],
      [{ wordsByLocale: { ar: { shout: 'x' } } }, 'body.config.wordsByLocale.ar.shout'],
      [{ wordsByLocale: { ar: { suggestedQuestions: [''] } } }, 'body.config.wordsByLocale.ar.suggestedQuestions.0'],
      [{ wordsByLocale: { ar: { preChat: { email: '' } } } }, 'body.config.wordsByLocale.ar.preChat.email'],
      [{ businessHours: { timeZone: 'Mars/Olympus', week: {} } }, 'body.config.businessHours.timeZone'],
      [
        { businessHours: { timeZone: 'Europe/Berlin', week: { mon: [{ from: '18:00', to: '09:00' }] } } },
        'body.config.businessHours.week.mon.0',
      ],
      [{ preChat: [{ name: 'size', label: 'Size', type: 'select' }] }, 'body.config.preChat.0'],
      [{ budgets: { whenSpent: ['local', 'local'] } }, 'body.config.budgets.whenSpent'],
      [{ retentionDays: 0 }, 'body.config.retentionDays'],
      [{ features: { chat: 'yes' } }, 'body.config.features.chat'],
    ]
    for (const [config, path] of wrong) {
      const reply = await sendJson(
        `${aside.url}/v1/admin/configs?appId=${owner.app.id}`,
        { config },
        { 'x-api-key': owner.secret },
      )
      expect([reply.status, reply.error().issues?.map((it) => it.path)], JSON.stringify(config)).toEqual([400, [path]])
    }
    expect(await beside.count('config_versions')).toBe(before)
  })

  it('that have become invalid are not activated, and say why', async () => {
    const owner = await aside.owner()
    await make(owner, { model: 'fine' })
    await acrossTenants(beside.db, createLog('silent')).execute(
      'update config_versions set config = ? where app_id = ? and number = 2',
      [JSON.stringify({ theme: { primary: 'a colour of former times' } }), owner.app.id],
    )
    await expect(activate(owner, 2)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('theme.primary'),
    })
    expect(await liveNumber(owner)).toBe(1)
  })

  it('share the visitors as the split says, each visitor always in the same half, the results told apart', async () => {
    const owner = await aside.owner({ words: { title: 'A' }, model: 'gpt-answer' })
    await make(owner, { words: { title: 'B' }, model: 'gpt-answer' })
    await activate(owner, 1, { config: 2, percent: 50 })
    const visitors = await Promise.all(Array.from({ length: 60 }, () => owner.visitor()))
    const titles = visitors.map((it) => it.session.settings.words.title)
    const inTrial = titles.filter((it) => it === 'B').length
    expect(inTrial).toBeGreaterThan(12)
    expect(inTrial).toBeLessThan(48)

    const picked = [titles.indexOf('A'), titles.indexOf('B')].map((i) => visitors[i]!)
    for (const [i, visitor] of picked.entries()) {
      const reading = visitor.follow()
      await reading.until('session-ready')
      const { turn } = await visitor.post(await visitor.conversation(), 'What is it?')
      await reading.until('message-end')
      reading.close()
      const row = await acrossTenants(beside.db, createLog('silent')).em.findOneOrFail(Turns, { id: turn!.id })
      expect(row.config).toBe(i + 1)
    }

    // A greater share keeps those who were in it: nobody goes back and forth.
    await activate(owner, 1, { config: 2, percent: 99 })
    const app = await beside.tenancy.findApp(owner.app.id)
    for (const [i, { session }] of visitors.entries())
      if (titles[i] === 'B') expect(app!.configOf(session.session.visitorId).number).toBe(2)
    expect(visitors.filter(({ session }) => app!.configOf(session.session.visitorId).number === 1).length).toBeLessThan(
      8,
    )
  })

  it('reach whoever has the chat open, each the one that is theirs, and nobody else', async () => {
    const [owner, other] = [await aside.owner({ words: { title: 'Before' } }), await aside.owner()]
    const [visitor, stranger] = [await owner.visitor(), await other.visitor()]
    const [reading, theirs] = [visitor.follow(), stranger.follow()]
    await Promise.all([reading.until('session-ready'), theirs.until('session-ready')])
    await make(owner, { words: { title: 'After' }, systemPrompt: 'A secret prompt', model: 'secret-model' })
    await activate(owner, 2)
    const { payload } = await reading.until('config-updated', (it) => it.settings.words.title === 'After', 3_000)
    expect(JSON.stringify(payload)).not.toContain('secret')
    expect(theirs.events.map((it) => it.name)).not.toContain('config-updated')
    reading.close()
    theirs.close()
  })

  it('are activated by the one who looked last: an If-Match that is old is refused, and nothing written', async () => {
    const owner = await aside.owner()
    await make(owner, { model: 'two' })
    await make(owner, { model: 'three' })
    const url = `${aside.url}/v1/admin/apps/${owner.app.id}`
    const headers = { 'x-api-key': owner.secret }
    const etag = String((await send(url, { headers })).headers['etag'])
    expect(etag).toMatch(/^"\d+"$/)
    const put = (config: number, ifMatch: string) =>
      send(`${url}/live`, {
        method: 'PUT',
        headers: { ...headers, 'content-type': 'application/json', 'if-match': ifMatch },
        body: JSON.stringify({ config }),
      })
    const raced = await Promise.all([put(2, etag), put(3, etag)])
    expect(raced.map((it) => it.status).sort()).toEqual([200, 412])
    const won = raced[0]!.status === 200 ? 2 : 3
    expect(await liveNumber(owner)).toBe(won)
    for (const wrong of [etag, '"0"', '"999"', 'W/"1"', 'anything']) {
      const reply = await put(1, wrong)
      expect([reply.status, reply.error().code]).toEqual([412, 'precondition_failed'])
    }
    const now = String((await send(url, { headers })).headers['etag'])
    const { status, headers: after } = await put(1, now)
    expect([status, after['etag'] !== now]).toEqual([200, true])
    expect((await put(2, '*')).status).toBe(200)
  })

  it('are listed a page at a time, none twice, and a page belongs to its list and tenant', async () => {
    const [owner, other] = [await aside.owner(), await aside.owner()]
    for (let i = 2; i <= 7; i++) await make(owner, { model: `m${i}` })
    const query = { appId: owner.app.id, limit: '3' }
    const numbers: number[] = []
    let count = 0
    for await (const page of pages(owner.client, listConfigs, { query })) {
      count++
      numbers.push(...page.configs.map((it) => it.number))
    }
    expect([count, numbers]).toEqual([3, [7, 6, 5, 4, 3, 2, 1]])
    const { nextCursor: cursor } = await owner.client.call(listConfigs, { query })
    const elsewhere = { ...query, appId: other.app.id, cursor }
    await expect(other.client.call(listConfigs, { query: elsewhere })).rejects.toMatchObject({ code: 'invalid_input' })
  })

  it('are a thousand to an app at the most, which says what to do; the operator may add more', async () => {
    const owner = await aside.owner()
    const { id: appId } = owner.app
    await beside.scope(owner.tenantId).create(ConfigVersions, {
      ...{ id: newId('config'), appId, number: 999, config: {}, note: null },
      ...{ createdBy: 'operator', createdAt: new Date() },
    })
    expect((await make(owner, { temperature: 1 })).number).toBe(1_000)
    const refused = make(owner, { temperature: 0 })
    await expect(refused).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('ask the operator'),
    })
    await owner.client.call(activateConfig, { params: { appId }, query: {}, body: { config: 999 } })
    const query = { appId, tenantId: owner.tenantId }
    expect(await aside.operator.call(createConfig, { query, body: { config: {} } })).toMatchObject({ number: 1_001 })
    await expect(make(owner, {})).rejects.toMatchObject({ code: 'conflict' })
  })

  it('belong to an app whose origins are changed with it: a page that is let in is let in at once', async () => {
    const owner = await aside.owner()
    const start = (origin: string) => sendJson(`${aside.url}/v1/sessions`, { appId: owner.app.id }, { origin })
    expect((await start('https://new.example')).error().code).toBe('origin_not_allowed')
    const changes = { allowedOrigins: ['https://*.shop.example', 'https://new.example', 'https://new.example'] }
    const app = await owner.client.call(updateApp, { params: { appId: owner.app.id }, body: changes })
    expect(app.allowedOrigins).toEqual(['https://*.shop.example', 'https://new.example'])
    for (const origin of ['https://new.example', 'https://a.shop.example', 'https://a.b.shop.example'])
      expect((await start(origin)).status, origin).toBe(201)
    for (const origin of ['https://shop.example', 'https://evilshop.example', 'http://a.shop.example'])
      expect((await start(origin)).error().code, origin).toBe('origin_not_allowed')
    const preflight = (origin: string) =>
      send(`${aside.url}/v1/sessions`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST' },
      })
    expect((await preflight('https://x.shop.example')).headers['access-control-allow-origin']).toBe(
      'https://x.shop.example',
    )
    expect((await preflight('https://shop.example.evil')).headers['access-control-allow-origin']).toBeUndefined()
    // As long as no host name is: refused before there is anything to do for it.
    const long = `https://${'a.'.repeat(6_000)}shop.example`
    const began = performance.now()
    for (let i = 0; i < 10; i++) expect((await preflight(long)).headers['access-control-allow-origin']).toBeUndefined()
    expect(performance.now() - began).toBeLessThan(1_000)
    const page = await send(`${aside.url}/embed/${owner.app.id}`)
    expect(page.headers['content-security-policy']).toMatch(/frame-ancestors https:\/\/\*\.shop\.example https:\/\/new/)
  })
})
