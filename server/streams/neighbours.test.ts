import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../platform/index.ts'
import { type Aside, type Owner, startAside } from '../testing/aside.ts'
import { type Beside, openBeside } from '../testing/beside.ts'
import { hasPostgres } from '../testing/stores.ts'

describe.skipIf(!hasPostgres && !process.env['CI'])('what passes, between processes on one Postgres', () => {
  let aside: Aside
  let beside: Beside
  let owner: Owner
  const logged: string[] = []
  beforeAll(async () => {
    aside = await startAside({ store: 'postgres', log: (line) => logged.push(line) })
    beside = await openBeside(aside.store)
    owner = await aside.owner()
  })
  afterAll(async () => {
    await beside?.close()
    await aside?.stop()
  })

  const conversationId = newId('conversation')
  async function reader() {
    const visitor = await owner.visitor()
    const reading = visitor.follow()
    await reading.until('session-ready')
    const { visitorId } = visitor.session.session
    const typings = () => reading.events.filter((it) => it.name === 'typing-updated').length
    /** From the other process, until it is heard. */
    const hears = (author: 'agent' | 'visitor' = 'agent') => {
      const before = typings()
      const tell = () => {
        beside.streams.tellEverywhere(visitorId, { name: 'typing-updated', payload: { conversationId, author } })
        return typings()
      }
      return expect.poll(tell, { timeout: 10_000, interval: 50 }).toBeGreaterThan(before)
    }
    return { visitorId, reading, typings, hears }
  }
  const notify = (text: string) => beside.db.execute(undefined, 'select pg_notify(?, ?)', ['aside_told', text])

  it('reaches those it is for, and nobody else', async () => {
    const [anna, ben] = await Promise.all([reader(), reader()])
    await anna.hears()
    await ben.hears('visitor')
    expect(anna.reading.events.filter((it) => it.name === 'typing-updated')).not.toContainEqual(
      expect.objectContaining({ payload: { conversationId, author: 'visitor' } }),
    )
    for (const { reading } of [anna, ben]) reading.close()
  })

  it('is nothing where it is not what the contract says', async () => {
    const { visitorId, reading, typings, hears } = await reader()
    const from = 'a process of another version'
    await notify('{')
    await notify(JSON.stringify({ from, visitorId, name: 'mood-updated', payload: {} }))
    await notify(JSON.stringify({ from, visitorId, name: 'typing-updated', payload: { author: 'somebody' } }))
    expect(typings()).toBe(0)
    await hears()
    expect(new Set(reading.events.map((it) => it.name))).toEqual(new Set(['session-ready', 'typing-updated']))
    reading.close()
  })

  it('is heard again once a connection that broke is back', async () => {
    const { reading, hears } = await reader()
    await hears()
    const cut = `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and query in ('listen aside_told', 'select 1')`
    await beside.db.execute(undefined, cut, [])
    await expect.poll(() => logged.some((it) => it.includes('neighbours-lost'))).toBe(true)
    await hears()
    reading.close()
  })
})
