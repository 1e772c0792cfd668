import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createApp,
  createIdentitySecret,
  createTenant,
  enforceIdentity,
  identifySession,
  revokeIdentitySecret,
  verifyIdentity,
} from '@aside/protocol'
import { type Aside, ORIGIN, type Owner, startAside } from '../testing/aside.ts'
import { openBeside } from '../testing/beside.ts'
import { type Forge, forgedTokens, goodTokens } from '../testing/forged-tokens.ts'
import { mintToken } from '../testing/identity-tokens.ts'
import { type RawReply, sendJson } from '../testing/raw-request.ts'
import { stores } from '../testing/stores.ts'

describe.for(stores)('identity tokens, on %s', (store) => {
  let aside: Aside
  let owner: Owner
  let forge: Forge
  beforeAll(async () => {
    aside = await startAside({ store })
    owner = await aside.owner()
    const secretOf = async ({ client }: Owner, appId: string) =>
      (await client.call(createIdentitySecret, { query: {}, body: { appId } })).secret
    const appId = owner.app.id
    const revoked = await owner.client.call(createIdentitySecret, { query: {}, body: { appId } })
    const params = { secretId: revoked.identitySecret.id }
    await owner.client.call(revokeIdentitySecret, { params, query: {} })
    const sibling = await owner.client.call(createApp, { query: {}, body: { name: 'B', allowedOrigins: [ORIGIN] } })
    const other = await aside.owner()
    forge = {
      appId,
      secret: await secretOf(owner, appId),
      revoked: revoked.secret,
      sibling: { appId: sibling.id, secret: await secretOf(owner, sibling.id) },
      foreign: { appId: other.app.id, secret: await secretOf(other, other.app.id) },
    }
    const enforce = { params: { appId }, query: {}, body: { mode: 'enforce' as const } }
    await owner.client.call(enforceIdentity, enforce)
  })
  afterAll(() => aside?.stop())

  const start = (identity?: string) =>
    sendJson(
      `${aside.url}/v1/sessions`,
      { appId: forge.appId, ...(identity === undefined ? {} : { identity }) },
      { origin: ORIGIN },
    )
  /** All that a caller can see of a refusal, but for what every reply has of its own. */
  const seen = (reply: RawReply) => {
    const { date: _, 'x-request-id': __, ...headers } = reply.headers
    const { requestId, ...error } = reply.error()
    return { status: reply.status, headers, error, bytes: reply.text.replace(requestId, '') }
  }

  it('are refused with one and the same answer, whatever is wrong with them', async () => {
    const forged = Object.entries(forgedTokens(forge))
    expect(forged.length).toBeGreaterThan(100)
    const first = seen(await start(forged[0]![1]))
    expect(first).toMatchObject({ status: 401, error: { code: 'identity_invalid' } })
    for (const [what, token] of forged) expect(seen(await start(token)), what).toEqual(first)
    const beside = await openBeside(aside.store)
    expect(await beside.count('sessions')).toBe(0)
    await beside.close()
  })

  it('are refused in the same way where somebody signs in, and the session they had stays', async () => {
    const anna = await owner.visitor(undefined, mintToken(forge.secret, forge.appId))
    for (const [what, token] of Object.entries(forgedTokens(forge)))
      await expect(anna.client.call(identifySession, { body: { token } }), what).rejects.toMatchObject({
        code: 'identity_invalid',
      })
    await anna.conversation()
  })

  it('are taken when they are good, and where the clocks differ by less than a minute', async () => {
    for (const [what, token] of Object.entries(goodTokens(forge))) {
      const reply = await start(token)
      expect(reply.status, `${what}: ${reply.text}`).toBe(201)
      expect(reply.json()).toMatchObject({ identity: { verified: true } })
    }
  })

  it('must be there where the app enforces it, and fit into 8 kB', async () => {
    expect((await start()).error()).toMatchObject({ code: 'identity_required' })
    const long = await start(mintToken(forge.secret, forge.appId, { claims: { padding: 'x'.repeat(9_000) } }))
    expect([long.status, long.error().issues?.[0]?.path]).toEqual([400, 'body.identity'])
  })

  it('are explained to the owner, and to nobody else', async () => {
    const forged = forgedTokens(forge)
    const why = async (token: string, appId = forge.appId) =>
      (await owner.client.call(verifyIdentity, { query: {}, body: { appId, token } })).reason
    const expected = {
      'alg HS512 with the same secret': 'algorithm',
      'typ JWT': 'type',
      jku: 'header',
      'kid of nobody': 'secret_unknown',
      'kid of a revoked secret': 'secret_unknown',
      'kid of another tenant’s secret': 'secret_unknown',
      'another key': 'signature',
      'exp missing': 'claims_missing',
      'exp past': 'expired',
      'exp in the year 2100': 'lifetime',
      'iat future': 'issued_at',
      'nbf future': 'not_yet_valid',
      'aud another app': 'audience',
      'aud a list with this app': 'audience',
      'sub of 300 characters': 'subject',
      'email that is none': 'attributes',
      'sub twice': 'malformed',
      'signature padded': 'malformed',
    }
    for (const [what, reason] of Object.entries(expected)) expect(await why(forged[what]!), what).toBe(reason)
    for (const [what, token] of Object.entries(forged)) expect(await why(token), what).toBeDefined()
    const good = mintToken(forge.secret, forge.appId, { claims: { email: 'ada@shop.example', role: 'owner' } })
    const verdict = await owner.client.call(verifyIdentity, { query: {}, body: { appId: forge.appId, token: good } })
    expect(verdict).toMatchObject({ ok: true, claims: { sub: 'ada', email: 'ada@shop.example' } })
    expect(verdict.claims).not.toHaveProperty('role')
    await expect(why(good, forge.foreign.appId)).rejects.toMatchObject({ code: 'not_found' })
    const tenant = await aside.operator.call(createTenant, { body: { name: 'Third' } })
    await expect(
      aside.operator.call(verifyIdentity, {
        query: { tenantId: tenant.id },
        body: { appId: forge.appId, token: good },
      }),
    ).rejects.toMatchObject({ code: 'not_found' })
  })
})
