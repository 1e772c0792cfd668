import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  applyRetention,
  createHold,
  eraseVisitor,
  exportMyData,
  exportVisitor,
  postMessage,
  releaseHold,
  uploadFile,
} from '@aside/protocol'
import { type Aside, clientId, type Owner, startAside, type Visitor } from '../testing/aside.ts'
import { type Beside, openBeside } from '../testing/beside.ts'
import { stores } from '../testing/stores.ts'
import { none, tracesIn } from '../testing/traces.ts'

const DAY_MS = 86_400_000
const idOf = (visitor: Visitor) => visitor.session.session.visitorId
/** As it stands in SQLite's files, and as Postgres shows bytes. */
const marksOf = (word: string) => [word, Buffer.from(word).toString('hex')]

describe.for(stores)('the files of a visitor, on %s,', (store) => {
  let aside: Aside
  let beside: Beside
  let owner: Owner
  let later = 0
  beforeAll(async () => {
    aside = await startAside({ store, boot: { edge: { now: () => Date.now() + later } } })
    beside = await openBeside(aside.store)
    owner = await aside.owner({ features: { uploads: true }, retentionDays: 10 })
  })
  afterAll(async () => {
    await beside?.close()
    await aside?.stop()
  })

  async function sent(word: string) {
    const visitor = await owner.visitor()
    const conversationId = await visitor.conversation()
    const upload = (content: string) =>
      visitor.client.call(uploadFile, { query: { name: `${word}.txt` }, content, contentType: 'text/plain' })
    const file = await upload(`${word} sent`)
    await upload(`${word} kept back`)
    const reading = visitor.follow()
    await reading.until('session-ready')
    const body = { clientId: clientId(), text: 'Look', attachments: [file.id] }
    const { turn } = await visitor.client.call(postMessage, { params: { conversationId }, body })
    await reading.until('message-end', (it) => it.turn.id === turn?.id)
    reading.close()
    return { visitor, conversationId, file }
  }
  const leftOf = (word: string) => () => tracesIn(aside.store, beside.db, marksOf(word))

  it('are in what they take with them, bytes and all, and in the owner’s export of them', async () => {
    const { visitor, file } = await sent('EMUMARK')
    await sent('OWLMARK')
    const params = { visitorId: idOf(visitor) }
    for (const response of [
      await visitor.client.open(exportMyData, {}),
      await owner.client.open(exportVisitor, { params, query: {} }),
    ]) {
      const lines = (await response.text())
        .trimEnd()
        .split('\n')
        .map((it) => JSON.parse(it) as { table?: string; row: Record<string, string> })
      const rowsOf = (table: string) => lines.flatMap((it) => (it.table === table ? [it.row] : []))
      expect(rowsOf('files').map((it) => it['name'])).toEqual(['EMUMARK.txt', 'EMUMARK.txt'])
      const contents = new Map(rowsOf('file_contents').map((it) => [it['fileId'], it['bytes']!]))
      expect(contents.size).toBe(2)
      expect(Buffer.from(contents.get(file.id)!, 'base64').toString()).toBe('EMUMARK sent')
    }
  })

  it('go with them when they are erased, those that no message took among them', async () => {
    const { visitor } = await sent('ASPMARK')
    expect(await leftOf('ASPMARK')()).not.toEqual(none(...marksOf('ASPMARK')))
    const params = { visitorId: idOf(visitor) }
    const { rows } = await owner.client.call(eraseVisitor, { params, query: {} })
    expect(rows).toMatchObject({ files: 2, file_contents: 2 })
    await expect.poll(leftOf('ASPMARK'), { timeout: 20_000 }).toEqual(none(...marksOf('ASPMARK')))
  }, 40_000)

  it('go with their conversation when its time is over, and stay where it is held', async () => {
    const [gone, held] = [await sent('RAMMARK'), await sent('EWEMARK')]
    const body = { conversationId: held.conversationId, reason: 'Case 9' }
    const hold = await owner.client.call(createHold, { query: {}, body })
    later = 11 * DAY_MS
    await owner.client.call(applyRetention, { query: {}, body: { dryRun: false } })
    const names = async () => JSON.stringify((await beside.db.execute(undefined, 'select name from files', [])).rows)
    expect(await names()).toContain('EWEMARK')
    const messageOf = async (id: string) =>
      (await beside.db.execute(undefined, 'select message_id from files where id = ?', [id])).rows
    expect(await messageOf(gone.file.id)).toEqual([])
    expect(await messageOf(held.file.id)).toHaveLength(1)
    await owner.client.call(releaseHold, { params: { holdId: hold.id }, query: {} })
    await owner.client.call(applyRetention, { query: {}, body: { dryRun: false } })
    expect(await messageOf(held.file.id)).toEqual([])
  })
})
