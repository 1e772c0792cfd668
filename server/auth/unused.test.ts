import { afterEach, describe, expect, it } from 'vitest'
import { createIdentitySecret, identifySession, listConversations } from '@aside/protocol'
import { type Aside, startAside } from '../testing/aside.ts'
import { type Beside, openBeside } from '../testing/beside.ts'
import { mintToken } from '../testing/identity-tokens.ts'
import { stores } from '../testing/stores.ts'

const DAY_MS = 86_400_000

describe.for(stores)('visitors who never say anything, on %s', (store) => {
  let aside: Aside
  let beside: Beside
  afterEach(async () => {
    await beside.close()
    await aside.stop()
  })

  it('are gone after a week with their sessions, in every tenant, and nobody else is', async () => {
    let later = 0
    aside = await startAside({ store, boot: { tidyEveryMs: 50, edge: { now: () => Date.now() + later } } })
    beside = await openBeside(aside.store)
    const [one, two] = [await aside.owner(), await aside.owner()]
    const talking = await one.visitor()
    await talking.conversation()
    const reading = await one.visitor()
    const gone = [await one.visitor(), await one.visitor(), await two.visitor()]
    const counts = async () => [await beside.count('visitors'), await beside.count('sessions')]
    expect(await counts()).toEqual([5, 5])

    later = 6 * DAY_MS
    // Whoever still has the page open is seen, though they say nothing.
    await reading.client.call(listConversations, { query: {} })
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(await counts()).toEqual([5, 5])

    later = 8 * DAY_MS
    await expect.poll(counts).toEqual([2, 2])
    for (const visitor of gone) await expect(visitor.conversation()).rejects.toMatchObject({ code: 'unauthenticated' })
    await talking.conversation()
    await reading.conversation()

    // A visitor is looked at again, though others came later: by and by everybody who is left has gone or has talked.
    const late = await two.visitor()
    later = 16 * DAY_MS
    await expect.poll(counts, { timeout: 10_000 }).toEqual([2, 2])
    await expect(late.conversation()).rejects.toMatchObject({ code: 'unauthenticated' })
  })

  it('are gone also where they have signed in, the one they were before first', async () => {
    let later = 0
    aside = await startAside({ store, boot: { tidyEveryMs: 50, edge: { now: () => Date.now() + later } } })
    beside = await openBeside(aside.store)
    const owner = await aside.owner()
    const appId = owner.app.id
    const { secret } = await owner.client.call(createIdentitySecret, { query: {}, body: { appId } })
    const anonymous = await owner.visitor()
    await anonymous.client.call(identifySession, {
      body: { token: mintToken(secret, appId, { claims: { sub: 'ada' } }) },
    })
    expect([await beside.count('visitors'), await beside.count('visitor_merges')]).toEqual([2, 1])
    later = 8 * DAY_MS
    await expect
      .poll(async () => [await beside.count('visitors'), await beside.count('visitor_merges')], { timeout: 10_000 })
      .toEqual([0, 0])
  })
})
