import * as v from 'valibot'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addSource, ExportLine, exportTenant, exportVisitor, listAudit, readPassage } from '@aside/protocol'
import { type Aside, type Owner, startAside, type Visitor } from '../testing/aside.ts'
import { type ModelServer, startModelServer } from '../testing/model-server.ts'
import { createTalk } from '../testing/world.ts'
import { stores } from '../testing/stores.ts'

type Row = Record<string, unknown>

describe.for(stores)('an export, on %s', (store) => {
  let models: ModelServer
  let aside: Aside
  let owner: Owner
  let anna: Awaited<ReturnType<typeof createTalk>>
  let ben: Visitor
  beforeAll(async () => {
    models = await startModelServer()
    aside = await startAside({ store, modelUrl: models.url })
    owner = await aside.owner({ model: 'echo', features: { uploads: true } })
    await owner.client.call(addSource, {
      query: { appId: owner.app.id, name: 'otters.md' },
      content: '# Otters\n\nThe otter of the house is called Ottilie.\n',
      contentType: 'text/markdown',
    })
    anna = await createTalk(owner)
    ;({ visitor: ben } = await createTalk(owner))
    await createTalk(await aside.owner({ model: 'echo', features: { uploads: true } }))
  })
  afterAll(async () => {
    await aside?.stop()
    await models?.stop()
  })

  /** Every line keeps the contract, and the last one counts them. */
  async function read(response: Promise<Response>) {
    const it = await response
    const text = await it.text()
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => v.parse(ExportLine, JSON.parse(line)))
    const rows = lines.flatMap((line) => ('row' in line ? [line] : []))
    expect(lines[0]).toHaveProperty('export.format', 1)
    expect(lines.at(-1)).toEqual({ end: { rows: rows.length } })
    const of = (table: string): Row[] => rows.filter((row) => row.table === table).map((row) => row.row)
    return { text, rows, of, headers: it.headers, head: lines[0] }
  }

  it('of a visitor has all that the visitor sees, as it is, and nothing of anybody else', async () => {
    const { visitorId, id: sessionId } = anna.visitor.session.session
    const found = await read(owner.client.open(exportVisitor, { params: { visitorId } }))
    expect(found.headers.get('content-disposition')).toBe(`attachment; filename="${visitorId}.ndjson"`)
    expect(found.head).toMatchObject({ export: { kind: 'visitor', id: visitorId } })

    const { messages, conversation } = await anna.visitor.messages(anna.conversationId)
    const shown = found.of('messages').map(({ id, seq, author, text, status, citations, createdAt }) => ({
      ...{ id, seq, author, text, status, citations, createdAt },
    }))
    expect(shown.sort((a, b) => Number(a.seq) - Number(b.seq))).toEqual(
      messages.map(({ id, seq, author, text, status, citations, createdAt }) => ({
        ...{ id, seq, author, text, status, citations, createdAt },
      })),
    )
    const { id, title, status, createdAt, updatedAt } = conversation
    expect(found.of('conversations')).toEqual([expect.objectContaining({ id, title, status, createdAt, updatedAt })])
    const passage = await anna.visitor.client.call(readPassage, { params: { messageId: anna.answer.id, number: '1' } })
    expect(found.of('grounds')).toEqual([expect.objectContaining({ messageId: anna.answer.id, passages: [passage] })])
    expect(found.of('sessions')).toEqual([expect.objectContaining({ id: sessionId, via: 'page' })])
    expect(found.of('visitors')).toEqual([expect.objectContaining({ id: visitorId, appId: owner.app.id })])

    expect(found.text).not.toContain(ben.session.session.visitorId)
    expect(found.text).not.toMatch(/hash/i)
    expect(new Set(found.rows.map((it) => it.row['visitorId']).filter(Boolean))).toEqual(new Set([visitorId]))
    const { entries } = await owner.client.call(listAudit, { query: { action: 'privacy.exported' } })
    expect(entries).toMatchObject([{ target: visitorId, actor: { kind: 'key' } }])
  })

  it('of a tenant has everything of it once, without secrets, and nothing of another', async () => {
    const found = await read(owner.client.open(exportTenant, { params: { tenantId: owner.tenantId } }))
    expect(found.of('tenants')).toEqual([expect.objectContaining({ id: owner.tenantId, name: 'Acme' })])
    expect(found.of('apps')).toEqual([expect.objectContaining({ id: owner.app.id, name: 'Shop' })])
    expect(found.of('messages')).toHaveLength(4)
    expect(found.of('chunks').map((it) => it['text'])).toEqual([expect.stringContaining('Ottilie')])
    expect(found.of('keys')).toEqual([expect.objectContaining({ name: 'tests', kind: 'secret' })])
    expect(found.of('audit_log').length).toBeGreaterThan(3)
    expect(found.rows.every((it) => (it.row['tenantId'] ?? it.row['id']) === owner.tenantId)).toBe(true)
    const secret = owner.secret.slice('as_sk_live_'.length)
    expect(found.text).not.toContain(secret.slice(0, 12))
    for (const { token } of [anna.visitor.session, ben.session]) expect(found.text).not.toContain(token)
  })

  it('goes on for as long as it is read, and no further', async () => {
    const visitor = await owner.visitor()
    const long = 'y'.repeat(7_900)
    const conversationId = await visitor.conversation()
    const reading = visitor.follow()
    await reading.until('session-ready')
    for (let i = 0; i < 60; i++) {
      const { turn } = await visitor.post(conversationId, `${i} ${long}`)
      await reading.until('message-end', (it) => it.turn.id === turn?.id)
    }
    reading.close()
    const { visitorId } = visitor.session.session
    const broken = await owner.client.open(exportVisitor, { params: { visitorId } })
    const reader = broken.body!.getReader()
    await reader.read()
    await reader.cancel()
    const whole = await read(owner.client.open(exportVisitor, { params: { visitorId } }))
    expect(whole.of('messages')).toHaveLength(120)
  }, 60_000)
})
