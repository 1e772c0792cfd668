import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { updateTenant } from '@aside/protocol'
import { type Aside, type Owner, startAside } from '@aside/server/testing/aside'
import { type ModelServer, startModelServer } from '@aside/server/testing/model-server'
import { createPlace } from './testing/command.ts'

describe('usage', () => {
  const place = createPlace()
  let models: ModelServer
  let aside: Aside
  let owner: Owner
  beforeAll(async () => {
    models = await startModelServer()
    aside = await startAside({ modelUrl: models.url })
    owner = await aside.owner({
      model: 'tokens:20:0',
      budgets: {
        perApp: { tokensPerDay: 100 },
        prices: { 'tokens:20:0': { inputPerMillion: 1_000, outputPerMillion: 0 } },
      },
    })
    const visitor = await owner.visitor()
    const reading = visitor.follow()
    await reading.until('session-ready')
    await visitor.post(await visitor.conversation(), 'Hello')
    await reading.until('message-end')
    reading.close()
  })
  afterAll(async () => {
    await place.clean()
    await aside.stop()
    await models.stop()
  })
  const run = (...args: string[]) =>
    place.run(['usage', ...args], { env: { ASIDE_URL: aside.url, ASIDE_KEY: owner.secret, NO_COLOR: '1' } })

  test('is a table by day, by model or by what else is asked for, with what is left of the budgets', async () => {
    const byDay = await run()
    expect(byDay.code, byDay.stderr).toBe(0)
    expect(byDay.stdout).toMatch(/^DAY +TURNS +COMPLETED +TOKENS IN +OUT +COST/)
    expect(byDay.stdout).toMatch(/^\d{4}-\d\d-\d\d +1 +100 % +\d+ +20 +0\.\d{4} +█{20}$/m)
    expect(byDay.stdout).toMatch(new RegExp(`^app +█{20} \\d{3} % +\\d+ of 100 tokens +${owner.app.id}$`, 'm'))
    expect((await run('--by', 'model')).stdout).toMatch(/^tokens:20:0 +1 /m)
    expect((await run('--by', 'config', '--app', 'Shop')).stdout).toMatch(new RegExp(`^${owner.app.id} +#1 +1 `, 'm'))
  })

  test('is JSON for programs', async () => {
    const { json } = await run('--json', '--by', 'app', '--from', '2020-01-01')
    expect(json()).toMatchObject({
      usage: [{ appId: owner.app.id, turns: 1, completed: 1, outputTokens: 20 }],
      budgets: [{ budget: 'app', state: 'spent', tokensPerDay: 100 }],
    })
  })

  test('says what owners are told of, and that there is nothing where there is nothing', async () => {
    const told = await run('notices')
    expect(told.stdout).toMatch(new RegExp(`^\\d{4}-\\d\\d-\\d\\d +app +100 % +${owner.app.id}$`, 'm'))
    expect(told.stdout).toMatch(/ app +80 % /)
    expect(await run('--from', '2020-01-01', '--to', '2020-01-02')).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('Nothing was asked'),
    })
    const quiet = await aside.owner()
    const env = { ASIDE_URL: aside.url, ASIDE_KEY: quiet.secret }
    expect(await place.run(['usage', 'notices'], { env })).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringContaining('No budget has reached 80 % yet.'),
    })
  })

  test('refuses what is no day, and what cannot be told apart', async () => {
    expect(await run('--from', 'yesterday')).toMatchObject({ code: 2, stderr: expect.stringContaining('A day like') })
    expect(await run('--by', 'weather')).toMatchObject({ code: 2 })
  })

  test('shows the tenant’s budget first', async () => {
    const body = { budget: { moneyPerDay: 100 } }
    await aside.operator.call(updateTenant, { params: { tenantId: owner.tenantId }, body })
    expect((await run()).stdout).toMatch(/Budgets today\ntenant +[█░]{20} +\d+ % +\d\.\d{4} of 100 money\napp /)
  })
})
