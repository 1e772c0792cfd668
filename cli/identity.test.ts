import { afterAll, beforeAll, expect, test } from 'vitest'
import { createClient, startSession } from '@aside/protocol'
import { type Aside, ORIGIN, type Owner, startAside } from '@aside/server/testing/aside'
import { createPlace } from './testing/command.ts'

let aside: Aside
let owner: Owner
const place = createPlace()
beforeAll(async () => {
  aside = await startAside()
  owner = await aside.owner()
})
afterAll(async () => {
  await place.clean()
  await aside?.stop()
})

const env = (more: Record<string, string> = {}) => ({ ASIDE_URL: aside.url, ASIDE_KEY: owner.secret, ...more })
const identity = (args: string[], options: { input?: string; env?: Record<string, string> } = {}) =>
  place.run(['identity', ...args], { ...options, env: env(options.env) })

test('from a secret to a visitor who is somebody, and to an app that lets in nobody else', async () => {
  const made = await identity(['secret', 'create', 'shop backend'])
  expect(made.code, made.stderr).toBe(0)
  expect(made.stdout).toMatch(/^ids_[0-9a-z]{26}\.[\w-]{43}\n$/)
  expect(made.stderr).toContain('not shown again')
  const secret = made.stdout.trim()
  const id = secret.split('.')[0]!
  const listed = await identity(['secret', 'list'])
  expect(listed.stdout).toMatch(new RegExp(`^shop backend +${id} +[0-9-]{10} +good$`, 'm'))
  expect(listed.stdout).not.toContain(secret.split('.')[1])

  const minted = await identity(['mint', 'customer-7', '--email', 'ada@shop.example', '--name', 'Ada'], {
    env: { ASIDE_IDENTITY_SECRET: secret },
  })
  expect(minted).toMatchObject({ code: 0, stderr: '' })
  const token = minted.stdout.trim()
  const good = await identity(['verify', token])
  expect(good.stdout).toMatch(/^good customer-7 until \d{4}-/)
  expect((await identity(['verify', '--json'], { input: `${token}\n` })).json()).toMatchObject({
    ok: true,
    claims: { sub: 'customer-7', email: 'ada@shop.example', name: 'Ada', aud: owner.app.id },
  })

  expect((await identity(['mode'])).stdout).toContain('off')
  expect((await identity(['mode', 'enforce', '--json'])).json()).toMatchObject({ mode: 'enforce', appId: owner.app.id })
  const page = createClient({ baseUrl: aside.url, headers: { origin: ORIGIN } })
  const begin = (more: object) => page.call(startSession, { body: { appId: owner.app.id, ...more } })
  await expect(begin({})).rejects.toMatchObject({ code: 'identity_required' })
  expect((await begin({ identity: token })).identity?.verified).toBe(true)

  await identity(['mode', 'observe'])
  await begin({})
  const report = await identity(['report', '--days', '1'])
  expect(report.stdout).toMatch(/^\d{4}-\d\d-\d\d +0 +1 +0$/m)
  expect(report.stderr).toContain('1 of them would have been refused')

  expect((await identity(['secret', 'revoke', id])).stdout).toBe(`revoked ${id}\n`)
  const revoked = await identity(['verify', token])
  expect(revoked).toMatchObject({ code: 1, stdout: '' })
  expect(revoked.stderr).toContain('secret_unknown: its kid is no secret of this app')
  expect(await identity(['verify', token, '--json'])).toMatchObject({ code: 1 })
}, 120_000)

test('says what is wrong with a token, or with what it is to be made of, and keeps secrets out of sight', async () => {
  const { secret } = (await identity(['secret', 'create', '--json'])).json() as { secret: string }
  const shown = await identity(['mint', 'ada', '--secret', secret, '--app', owner.app.id])
  expect(shown.stderr).toContain('Others on this machine can see --secret')
  const silent = await identity(['mint', 'ada', '--secret', '-', '--ttl', '24h'], { input: `${secret}\n` })
  expect(silent).toMatchObject({ code: 0, stderr: '' })
  expect((await identity(['mint', 'ada'])).stderr).toContain('set ASIDE_IDENTITY_SECRET')
  expect((await identity(['mint', 'ada', '--ttl', '25h'])).code).toBe(2)
  const wrong = await identity(['mint', 'ada'], { env: { ASIDE_IDENTITY_SECRET: 'as_sk_live_x' } })
  expect(wrong).toMatchObject({ code: 2, stdout: '' })
  const long = await identity(['mint', 'a'.repeat(129)], { env: { ASIDE_IDENTITY_SECRET: secret } })
  expect((await identity(['verify', long.stdout.trim()])).stderr).toContain('subject: sub must be')
  expect((await identity(['mode', 'always'])).code).toBe(2)
  await identity(['secret', 'create'])
  expect(await identity(['secret', 'create'])).toMatchObject({ code: 1, stdout: '' })
}, 120_000)
