import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  activateConfig,
  addSource,
  type AppConfig,
  createApp,
  createConfig,
  listAudit,
  listNotices,
  readUsage,
  readUsageToday,
  updateTenant,
} from '@aside/protocol'
import { type Aside, ORIGIN, type Owner, startAside } from '../testing/aside.ts'
import { type Beside, openBeside } from '../testing/beside.ts'
import { type ModelServer, startModelServer } from '../testing/model-server.ts'
import { type Asker, askerOf } from '../testing/asker.ts'
import { stores } from '../testing/stores.ts'

const DAY_MS = 86_400_000
const QUESTION = 'How many days do I have to send something back?'
/** Nothing of it changes from one turn to the next, so that every turn uses the same. */
const steady: AppConfig = { model: 'tokens:50:0', historyTurns: 0, retrieval: false }

describe.for(stores)('budgets, on %s', (store) => {
  let models: ModelServer
  const running: Aside[] = []
  let beside: Beside
  let later = 0
  const lines: string[] = []
  beforeAll(async () => void (models = await startModelServer()))
  afterEach(async () => {
    later = 0
    lines.length = 0
    await beside?.close()
    await Promise.all(running.splice(0).map((it) => it.stop()))
  })
  afterAll(() => models.stop())

  const start = async () => {
    const aside = await startAside({
      store,
      modelUrl: models.url,
      log: (line) => lines.push(line),
      boot: { edge: { now: () => Date.now() + later } },
    })
    running.push(aside)
    beside = await openBeside(aside.store)
    return aside
  }
  const live = async ({ client, app }: Owner, config: AppConfig) => {
    const { number } = await client.call(createConfig, { query: { appId: app.id }, body: { config } })
    await client.call(activateConfig, { params: { appId: app.id }, query: {}, body: { config: number } })
  }
  /** What one turn of `steady` uses. */
  const tokensOfATurn = async (owner: Owner, asker: Asker): Promise<number> => {
    expect((await asker.ask(QUESTION)).model).toBe('tokens:50:0')
    const { usage } = await owner.client.call(readUsage, { query: { by: 'model' } })
    const row = usage.find((it) => it.model === 'tokens:50:0')!
    return (row.inputTokens + row.outputTokens) / row.turns
  }

  it('tell their owner at 80 % and at 100 %, once a day each, and begin anew the next day', async () => {
    const aside = await start()
    const owner = await aside.owner(steady)
    const asker = await askerOf(owner, beside)
    const each = await tokensOfATurn(owner, asker)
    await live(owner, { ...steady, budgets: { perApp: { tokensPerDay: 5 * each }, whenSpent: ['message'] } })
    const told = async () =>
      (await owner.client.call(listNotices, { query: {} })).notices.map((it) => `${it.budget} ${it.kind} ${it.appId}`)
    const used = async () => (await owner.client.call(readUsageToday, { query: {} })).budgets

    for (const [i, [model, notices]] of (
      [
        ['tokens:50:0', 0],
        ['tokens:50:0', 0],
        ['tokens:50:0', 1],
        ['tokens:50:0', 2],
        ['message', 2],
        ['message', 2],
      ] as const
    ).entries()) {
      expect((await asker.ask(QUESTION)).model).toBe(model)
      await expect.poll(async () => (await used())[0]?.percent).toBe(Math.min(100, 40 + 20 * i))
      // Told a moment after the turn, which waits for nobody.
      await expect.poll(async () => (await told()).length).toBe(notices)
    }
    expect(await told()).toEqual([`app budget.spent ${owner.app.id}`, `app budget.warned ${owner.app.id}`])
    expect(await used()).toEqual([
      {
        budget: 'app',
        appId: owner.app.id,
        tokens: 5 * each,
        costMillionths: 0,
        tokensPerDay: 5 * each,
        percent: 100,
        state: 'spent',
      },
    ])
    for (const action of ['budget.warned', 'budget.spent'] as const) {
      const { entries } = await owner.client.call(listAudit, { query: { action } })
      expect(entries).toMatchObject([{ target: owner.app.id, actor: { kind: 'system' }, detail: { budget: 'app' } }])
    }
    expect(lines.filter((it) => /"budget-(warned|spent)"/.test(it))).toHaveLength(2)

    later = DAY_MS
    expect((await asker.ask(QUESTION)).model).toBe('tokens:50:0')
    expect(await told()).toHaveLength(2)
    expect((await used())[0]).toMatchObject({ percent: 20, state: 'free' })
  })

  it('go down by the steps the owner chose: a smaller model, the sources, a word that nobody can answer', async () => {
    const aside = await start()
    const owner = await aside.owner({
      ...steady,
      retrieval: true,
      budgets: {
        perApp: { tokensPerDay: 100 },
        smallerModel: 'tokens:5:0#small',
        whenSpent: ['smaller-model', 'local', 'message'],
      },
    })
    await owner.client.call(addSource, {
      query: { appId: owner.app.id, name: 'returns.md' },
      content: '# Returns\n\nYou have 30 days to send something back.\n',
      contentType: 'text/markdown',
    })
    const asker = await askerOf(owner, beside)
    const asked: (string | undefined)[] = []
    const answers = []
    for (let i = 0; i < 2; i++) {
      answers.push(await asker.ask(QUESTION))
      asked.push(answers.at(-1)!.model)
    }
    // The first used up the budget at one go, and twice as much.
    expect(asked).toEqual(['tokens:50:0', 'local'])
    expect(answers[1]!.message).toMatchObject({ status: 'completed', finishReason: 'stop' })
    expect(answers[1]!.message.text).toContain('30 days')

    const words = await asker.ask('Когда вы открыты по воскресеньям?')
    expect(words.model).toBe('message')
    expect(words.message).toMatchObject({ status: 'completed', finishReason: 'stop', citations: [] })
    expect(words.message.text).toContain('Ваше сообщение сохранено')
    expect((await asker.ask('Qwertz uiop?')).message.text).toContain('Your message is kept')

    await live(owner, {
      ...steady,
      budgets: {
        perApp: { tokensPerDay: 600 },
        smallerModel: 'tokens:5:0#small',
        whenSpent: ['smaller-model', 'message'],
      },
    })
    const steps: (string | undefined)[] = []
    for (let i = 0; i < 10 && steps.at(-1) !== 'message'; i++) steps.push((await asker.ask(QUESTION)).model)
    const changes = steps.filter((it, i) => it !== steps[i - 1])
    expect(changes).toEqual(['tokens:50:0', 'tokens:5:0#small', 'message'])
    expect(models.calls('tokens:5:0#small')).toBeGreaterThan(0)
  })

  it('are each visitor’s own, and the tenant’s over all its apps', async () => {
    const aside = await start()
    const owner = await aside.owner({ ...steady, budgets: { perVisitor: { tokensPerDay: 100 } } })
    const [first, second] = [await askerOf(owner, beside), await askerOf(owner, beside)]
    expect((await first.ask(QUESTION)).model).toBe('tokens:50:0')
    expect((await first.ask(QUESTION)).model).toBe('message')
    expect((await second.ask(QUESTION)).model).toBe('tokens:50:0')
    const { budgets } = await owner.client.call(readUsageToday, { query: {} })
    expect(budgets).toMatchObject([{ budget: 'visitor', appId: owner.app.id, state: 'spent', tokensPerDay: 100 }])
    expect([first, second].map((it) => it.visitor.session.session.visitorId)).toContain(budgets[0]?.visitorId)
    const { notices } = await owner.client.call(listNotices, { query: {} })
    expect(notices.map((it) => it.visitorId)).toEqual(
      Array.from({ length: 2 }, () => first.visitor.session.session.visitorId),
    )

    await aside.operator.call(updateTenant, {
      params: { tenantId: owner.tenantId },
      body: { budget: { tokensPerDay: 200 } },
    })
    const body = { name: 'Other', allowedOrigins: [ORIGIN], config: steady }
    const app = await owner.client.call(createApp, { query: {}, body })
    later = 2_000
    const elsewhere = await askerOf(owner, beside, app.id)
    expect((await elsewhere.ask(QUESTION)).model).toBe('message')
    const today = await owner.client.call(readUsageToday, { query: {} })
    expect(today.budgets[0]).toMatchObject({ budget: 'tenant', state: 'spent', tokensPerDay: 200 })
  })

  it('count money as well, by the prices of the models, and nothing at all means nothing', async () => {
    const aside = await start()
    const owner = await aside.owner(steady)
    const asker = await askerOf(owner, beside)
    const each = await tokensOfATurn(owner, asker)
    const prices = { 'tokens:50:0': { inputPerMillion: 2, outputPerMillion: 10 } }
    const cost = 2 * (each - 50) + 10 * 50
    await live(owner, { ...steady, budgets: { perApp: { moneyPerDay: (2 * cost - 1) / 1e6 }, prices } })
    const asked = []
    for (let i = 0; i < 3; i++) asked.push((await asker.ask(QUESTION)).model)
    expect(asked).toEqual(['tokens:50:0', 'tokens:50:0', 'message'])
    const { budgets } = await owner.client.call(readUsageToday, { query: {} })
    expect(budgets).toMatchObject([{ budget: 'app', costMillionths: 2 * cost, state: 'spent' }])

    await live(owner, { ...steady, budgets: { perVisitor: { tokensPerDay: 0 } } })
    const before = models.calls('tokens:50:0')
    const fresh = await askerOf(owner, beside)
    expect((await fresh.ask(QUESTION)).model).toBe('message')
    expect(models.calls('tokens:50:0')).toBe(before)
  })

  it('stop the calls to the model, however many short messages come', async () => {
    const aside = await start()
    const model = 'tokens:50:0#flood'
    const owner = await aside.owner({ ...steady, model })
    const askers = await Promise.all(Array.from({ length: 10 }, () => askerOf(owner, beside)))
    await askers[0]!.ask('hi')
    const { usage } = await owner.client.call(readUsage, { query: { by: 'model' } })
    const each = usage[0]!.inputTokens + usage[0]!.outputTokens
    await live(owner, { ...steady, model, budgets: { perApp: { tokensPerDay: 40 * each }, whenSpent: ['message'] } })
    const messages = store === 'sqlite' ? 1_000 : 200
    const statuses = await Promise.all(
      askers.map(async (asker) => {
        const own: string[] = []
        for (let i = 0; i < messages / 10; i++) own.push((await asker.ask('hi')).message.status)
        return own
      }),
    )
    expect(statuses.flat().filter((it) => it !== 'completed')).toEqual([])
    // One call for each that was running when the last token of the budget was used.
    expect(models.calls(model)).toBeGreaterThanOrEqual(40)
    expect(models.calls(model)).toBeLessThanOrEqual(40 + 9)
    const rows = (await owner.client.call(readUsage, { query: { by: 'model' } })).usage
    expect(rows.map((it) => it.turns).reduce((a, b) => a + b)).toBe(messages + 1)
  }, 120_000)
})
