import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createIdentitySecret, enforceIdentity, identifySession, revokeIdentitySecret } from '@aside/protocol'
import { Sessions } from '../auth/index.ts'
import { boot, type Running } from '../boot.ts'
import { acrossTenants, createLog, parseConfig, rowsOf } from '../platform/index.ts'
import { type Aside, type Owner, startAside, type Visitor } from '../testing/aside.ts'
import { openBeside } from '../testing/beside.ts'
import { mintToken } from '../testing/identity-tokens.ts'
import { type ModelServer, startModelServer } from '../testing/model-server.ts'
import { stores } from '../testing/stores.ts'

const secretOf = async ({ client, app }: Owner) => {
  const { secret, identitySecret } = await client.call(createIdentitySecret, { body: { appId: app.id } })
  return { secret, secretId: identitySecret.id, token: (sub: string) => mintToken(secret, app.id, { claims: { sub } }) }
}
const revoke = ({ client }: Owner, secretId: string) => client.call(revokeIdentitySecret, { params: { secretId } })

describe.for(stores)('a secret that is revoked while people sign in with it, on %s', (store) => {
  it('leaves nobody a session that it proved', async () => {
    const aside = await startAside({ store })
    const owner = await aside.owner()
    const { token, secretId } = await secretOf(owner)
    const anonymous = await Promise.all(Array.from({ length: 10 }, () => owner.visitor()))
    const known = await Promise.all(
      Array.from({ length: 10 }, (_, i) => owner.visitor(undefined, token(`person-${i}`))),
    )
    const begun = Array.from({ length: 20 }, (_, i) => owner.visitor(undefined, token(`person-${i % 7}`)))
    const signedIn = [...anonymous, ...known].map((it, i) =>
      it.client.call(identifySession, { body: { token: token(`person-${i % 10}`) } }),
    )
    const [, ...tries] = await Promise.allSettled([revoke(owner, secretId), ...begun, ...signedIn])
    // Those that were proven by it before are known no more; the others' tokens are good no more.
    const refusals = tries.filter((it) => it.status === 'rejected').map((it) => it.reason.code)
    for (const code of refusals) expect(['identity_invalid', 'unauthenticated']).toContain(code)
    const beside = await openBeside(aside.store)
    const open = await rowsOf(Sessions).find(acrossTenants(beside.db, createLog('silent')), { secretId, endedAt: null })
    expect(open).toEqual([])
    await beside.close()
    await aside.stop()
  })
})

describe.runIf(stores.includes('postgres'))('signed identity in two processes on one Postgres', () => {
  let models: ModelServer
  let aside: Aside
  let second: Running
  let owner: Owner
  beforeAll(async () => {
    models = await startModelServer()
    aside = await startAside({ store: 'postgres', modelUrl: models.url })
    const env = { ASIDE_PORT: '0', ASIDE_LOG: 'warn', DATABASE_URL: aside.store.url }
    const config = parseConfig({ ...env, ASIDE_DATA_DIR: `${aside.store.dataDir}-2` })
    second = await boot(config, { strict: true, log: createLog('silent') })
    owner = await aside.owner({ model: 'gpt-answer#two-processes' })
  })
  afterAll(async () => {
    await second?.close({ graceMs: 0, spreadMs: 0 })
    await aside?.stop()
    await models?.stop()
  })

  const openAt = async (visitor: Visitor) => {
    const reading = visitor.at(second.url).follow()
    await reading.until('session-ready')
    return reading
  }

  it('ends with its secret, and is asked for, in both of them within five seconds', async () => {
    const { token, secretId } = await secretOf(owner)
    const [anna, nobody] = [await owner.visitor(second.url, token('anna')), await owner.visitor()]
    const [annas, nobodys] = [await openAt(anna), await openAt(nobody)]
    await revoke(owner, secretId)
    await expect(owner.visitor(second.url, token('anna'))).rejects.toMatchObject({ code: 'identity_invalid' })
    await expect.poll(() => annas.states.at(-1), { timeout: 5_000 }).toMatchObject({ state: 'ended' })
    await expect(anna.at(second.url).conversation()).rejects.toMatchObject({ code: 'unauthenticated' })
    expect(nobodys.states.at(-1)).toMatchObject({ state: 'live' })

    const set = (mode: 'off' | 'enforce') =>
      owner.client.call(enforceIdentity, { params: { appId: owner.app.id }, body: { mode } })
    await set('enforce')
    await expect.poll(() => nobodys.states.at(-1), { timeout: 5_000 }).toMatchObject({ state: 'ended' })
    await expect(owner.visitor(second.url)).rejects.toMatchObject({ code: 'identity_required' })
    await set('off')
  })

  it('takes an answer along that the other process is writing', async () => {
    const { token } = await secretOf(owner)
    const anonymous = await owner.visitor()
    const gate = models.gate('gpt-answer#two-processes', 1)
    const id = await anonymous.conversation()
    const { message } = await anonymous.post(id, 'Written over there')
    await gate.reached
    const there = anonymous.at(second.url)
    const signedIn = there.as(await there.client.call(identifySession, { body: { token: token('bea') } }))
    const reading = signedIn.follow()
    await reading.until('session-ready')
    gate.release()
    const { payload } = await reading.until('message-end', (it) => it.message.replyTo === message.id)
    expect(payload.message).toMatchObject({ status: 'completed', conversationId: id })
    expect((await signedIn.messages(id)).messages.map((it) => it.status)).toEqual(['sent', 'completed'])
    reading.close()
  })
})
