import { randomBytes } from 'node:crypto'
import { generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKey } from '@aside/protocol'
import { createLog, createSeal } from '../platform/index.ts'
import { type Aside, type Owner, startAside } from '../testing/aside.ts'
import { type Beside, openBeside } from '../testing/beside.ts'
import { send } from '../testing/raw-request.ts'
import { createStaff, signIn, type Staff } from '../testing/staff.ts'
import { openSecrets } from './secrets.ts'

describe('the secret that signs', () => {
  it('is sealed where the operator gave a key for it; under another key everybody signs in again', async () => {
    const key = () => randomBytes(32).toString('base64url')
    const aside = await startAside({ env: { ASIDE_SECRETS_KEY: key() } })
    const beside = await openBeside(aside.store)
    try {
      const { accessToken, email, password } = await createStaff(aside, await aside.owner(), 'viewer')
      const { rows } = await beside.db.execute(
        undefined,
        "select value from store_facts where name = 'agent_secret'",
        [],
      )
      expect(rows).toEqual([{ value: expect.stringMatching(/^aes-256-gcm:/) }])
      const me = () => send(`${aside.url}/v1/agents/me`, { headers: { authorization: `Bearer ${accessToken}` } })
      await aside.restart()
      expect((await me()).status).toBe(200)
      await openSecrets({ db: beside.db, log: createLog('silent'), seal: createSeal(key()) })
      await aside.restart()
      expect((await me()).status).toBe(401)
      expect((await signIn(aside, { email, password })).agent.email).toBe(email)
    } finally {
      await beside.close()
      await aside.stop()
    }
  })
})

describe('an access token', () => {
  let aside: Aside
  let beside: Beside
  let owner: Owner
  let anna: Staff
  let key: Uint8Array
  let claims: Record<string, unknown>
  beforeAll(async () => {
    aside = await startAside()
    beside = await openBeside(aside.store)
    owner = await aside.owner()
    anna = await createStaff(aside, owner, 'owner')
    key = (await openSecrets({ db: beside.db, log: createLog('silent'), seal: createSeal(undefined) })).signing
    claims = JSON.parse(Buffer.from(anna.accessToken.split('.')[1]!, 'base64url').toString())
  })
  afterAll(async () => {
    await beside?.close()
    await aside?.stop()
  })

  const header = { alg: 'HS256', typ: 'aside-agent+jwt' }
  const forge = (changes: object = {}, head: object = {}, by: Parameters<SignJWT['sign']>[0] = key) =>
    new SignJWT({ ...claims, ...changes }).setProtectedHeader({ ...header, ...head } as typeof header).sign(by)
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const ask = (token: string, path: string, name = 'authorization') =>
    send(`${aside.url}${path}`, { headers: { [name]: name === 'authorization' ? `Bearer ${token}` : token } })
  const paths = ['/v1/agents/me', '/v1/admin/apps', '/v1/admin/agents']

  it('made like ours is one of ours, or the others here would prove nothing', async () => {
    for (const path of paths) expect((await ask(await forge(), path)).status).toBe(200)
  })

  it('of anybody else, or for anything else, opens nothing', async () => {
    const visitor = await owner.visitor()
    const { secret } = await owner.client.call(createKey, { query: {}, body: { name: 'A key', scopes: ['chat'] } })
    const [head, body, signature] = anna.accessToken.split('.') as [string, string, string]
    const { privateKey } = await generateKeyPair('ES256')
    const ago = Math.floor(Date.now() / 1_000) - 3_600
    const none = part({ ...header, alg: 'none' })
    const forged: Record<string, string> = {
      'a visitor’s token': visitor.session.token,
      'a signed identity': await new SignJWT({ sub: anna.agent.id, aud: owner.app.id })
        .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
        .setIssuedAt()
        .setExpirationTime('5m')
        .sign(new TextEncoder().encode(secret)),
      'another key': await forge({}, {}, randomBytes(32)),
      'another algorithm of the same kind': await forge({}, { alg: 'HS512' }, Buffer.concat([key, key])),
      'another kind of algorithm': await forge({}, { alg: 'ES256' }, privateKey),
      'no algorithm': `${none}.${body}.`,
      'no algorithm, and a signature': `${none}.${body}.${signature}`,
      'no signature': `${head}.${body}.`,
      'one bit of the signature': `${head}.${body}.${signature[0] === 'A' ? 'B' : 'A'}${signature.slice(1)}`,
      'another body': `${head}.${part({ ...claims, ten: 'ten_other' })}.${signature}`,
      'another type': await forge({}, { typ: 'JWT' }),
      'no type': await forge({}, { typ: undefined }),
      'another audience': await forge({ aud: 'aside-visitor' }),
      'no audience': await forge({ aud: undefined }),
      expired: await forge({ iat: ago, exp: ago + 900 }),
      'without an end': await forge({ exp: undefined }),
      'of another version': await forge({ ver: Number(claims['ver']) + 1 }),
      'of another tenant': await forge({ ten: (await aside.owner()).tenantId }),
      'of another agent': await forge({ sub: (await createStaff(aside, owner, 'viewer')).agent.id }),
      'of another sign-in': await forge({ sid: `ses_${'0'.repeat(26)}` }),
      nothing: 'eyJ.e.e',
    }
    for (const [what, token] of Object.entries(forged))
      for (const path of paths) {
        const reply = await ask(token, path)
        expect(reply.status, `${what} at ${path}: ${reply.text}`).toBe(401)
        expect(reply.error().code).toBe(what === 'expired' ? 'session_expired' : 'unauthenticated')
      }
    expect((await ask(anna.accessToken, '/v1/admin/apps')).status).toBe(200)
  })

  it('is one in Authorization only, and opens nothing that is a visitor’s, a page’s or the operator’s', async () => {
    expect((await ask(anna.accessToken, '/v1/admin/apps', 'x-api-key')).status).toBe(401)
    expect((await send(`${aside.url}/v1/agents/me?token=${anna.accessToken}`)).status).toBe(400)
    const others = ['/v1/conversations', '/v1/events', '/v1/admin/checks', `/v1/apps/${owner.app.id}/settings`]
    for (const path of others) expect((await ask(anna.accessToken, path)).status, path).toBe(401)
  })

  it('refuses its refresh token in the place of an access token, and the other way round', async () => {
    const refreshToken = anna.cookie.split('=')[1]!
    expect((await ask(refreshToken, '/v1/agents/me')).status).toBe(401)
    const reply = await send(`${aside.url}/v1/agents/refresh`, {
      method: 'POST',
      headers: { cookie: `aside-refresh=${anna.accessToken}`, 'content-type': 'application/json' },
      body: '{}',
    })
    expect(reply.status).toBe(401)
  })
})
