import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createConfig,
  activateConfig,
  createIdentitySecret,
  downloadFile,
  exportConversation,
  identifySession,
  listConversations,
  MAX_FILE_BYTES,
  postMessage,
  uploadFile,
} from '@aside/protocol'
import { type Aside, clientId, type Owner, startAside, type Visitor } from '../testing/aside.ts'
import { type Beside, openBeside } from '../testing/beside.ts'
import { mintToken } from '../testing/identity-tokens.ts'
import { stores } from '../testing/stores.ts'

const HOUR_MS = 3_600_000
const png = Buffer.from([0x89, ...Buffer.from('PNG\r\n\x1a\n'), 0, 1, 2, 3, 255])

const send = (visitor: Visitor, name: string, content: Buffer<ArrayBuffer> | string, contentType = 'text/plain') =>
  visitor.client.call(uploadFile, { query: { name }, content, contentType })
const post = (visitor: Visitor, conversationId: string, text: string, attachments: string[], more: object = {}) =>
  visitor.client.call(postMessage, {
    params: { conversationId },
    body: { clientId: clientId(), text, attachments, ...more },
  })
const fetched = async (visitor: Visitor, fileId: string) =>
  Buffer.from(await (await visitor.client.open(downloadFile, { params: { fileId } })).arrayBuffer())

describe.for(stores)('a visitor’s files, on %s', (store) => {
  let aside: Aside
  let beside: Beside
  let owner: Owner
  let later = 0
  beforeAll(async () => {
    aside = await startAside({ store, boot: { tidyEveryMs: 50, edge: { now: () => Date.now() + later } } })
    beside = await openBeside(aside.store)
    owner = await aside.owner({ features: { uploads: true } })
  })
  afterAll(async () => {
    await beside?.close()
    await aside?.stop()
  })
  const counts = async () => [await beside.count('files'), await beside.count('file_contents')]

  it('come back byte for byte, to be saved and never to be run', async () => {
    const anna = await owner.visitor()
    const file = await send(anna, '../Otter "1".png', png, 'text/plain')
    expect(file).toMatchObject({ name: 'Otter _1_.png', type: 'image/png', sizeBytes: png.length })
    const response = await anna.client.open(downloadFile, { params: { fileId: file.id } })
    expect(Buffer.from(await response.arrayBuffer())).toEqual(png)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': 'attachment; filename="Otter _1_.png"',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "sandbox; default-src 'none'; frame-ancestors 'none'",
      'cache-control': 'private, no-store',
    })
    await expect(fetched(await owner.visitor(), file.id)).rejects.toMatchObject({ code: 'not_found' })
  })

  it('go along with a message, which is told of everywhere with them', async () => {
    const anna = await owner.visitor()
    const reading = anna.follow()
    await reading.until('session-ready')
    const id = await anna.conversation()
    const { createdAt: _, ...picture } = await send(anna, 'otter.png', png)
    const { createdAt: __, ...notes } = await send(anna, 'notes.txt', 'She likes pebbles.')
    const { message } = await post(anna, id, '', [notes.id, picture.id])
    expect(message).toMatchObject({ text: '', attachments: [notes, picture] })
    const told = await reading.until('message-updated', (it) => it.message.id === message.id)
    expect(told.payload.message).toEqual(message)
    expect((await anna.messages(id)).messages[0]).toEqual(message)
    const { conversations } = await anna.client.call(listConversations, { query: {} })
    expect(conversations[0]?.title).toBe('notes.txt, otter.png')
    await reading.until('message-end')
    const document = await (await anna.client.open(exportConversation, { params: { conversationId: id } })).text()
    expect(document).toContain('- notes.txt (1 kB)\n- otter.png (1 kB)')
    reading.close()
  })

  it('belong to one message: what another has, or somebody else, is sent by nobody', async () => {
    const [anna, ben] = [await owner.visitor(), await owner.visitor()]
    const id = await anna.conversation()
    const [one, bens] = [await send(anna, 'one.txt', '1'), await send(ben, 'bens.txt', '2')]
    const used = await send(anna, 'used.txt', '3')
    await post(anna, id, 'Look', [used.id])
    const before = (await anna.messages(id)).messages.filter((it) => it.author === 'visitor')
    const nobodys = `fil_${'0'.repeat(26)}`
    for (const wrong of [bens.id, used.id, nobodys])
      await expect(post(anna, id, 'And', [one.id, wrong])).rejects.toMatchObject({
        code: 'not_found',
        issues: [{ path: 'body.attachments.1' }],
      })
    await expect(post(anna, id, 'Twice', [one.id, one.id])).rejects.toMatchObject({ code: 'not_found' })
    expect((await anna.messages(id)).messages.filter((it) => it.author === 'visitor')).toEqual(before)
    // It is still there to be sent.
    await post(anna, id, 'Alone', [one.id])
  })

  it('are part of what a clientId stands for', async () => {
    const anna = await owner.visitor()
    const id = await anna.conversation()
    const [one, two] = [await send(anna, 'one.txt', '1'), await send(anna, 'two.txt', '2')]
    const same = { clientId: clientId() }
    const first = await post(anna, id, 'Look', [one.id], same)
    expect((await post(anna, id, 'Look', [one.id], same)).message).toEqual(first.message)
    for (const others of [[], [two.id], [one.id, two.id]])
      await expect(post(anna, id, 'Look', others, same)).rejects.toMatchObject({ code: 'idempotency_mismatch' })
    await expect(post(anna, id, '  ', [])).rejects.toMatchObject({
      code: 'invalid_input',
      issues: [{ path: 'body.text' }],
    })
    await expect(post(anna, id, '', Array(6).fill(one.id))).rejects.toMatchObject({
      issues: [{ path: 'body.attachments' }],
    })
  })

  it('stay with a question that is said anew', async () => {
    const anna = await owner.visitor()
    const reading = anna.follow()
    await reading.until('session-ready')
    const id = await anna.conversation()
    const file = await send(anna, 'one.txt', '1')
    const first = await post(anna, id, 'Look at tihs', [file.id])
    await reading.until('message-end', (it) => it.turn.id === first.turn?.id)
    const again = await post(anna, id, 'Look at this', [file.id], { replaces: first.message.id })
    expect(again.message.attachments).toEqual(first.message.attachments)
    expect(await fetched(anna, file.id)).toEqual(Buffer.from('1'))
    reading.close()
  })

  it('are taken where the app takes some, and where they are what is taken', async () => {
    const before = await counts()
    const elsewhere = await (await aside.owner()).visitor()
    await expect(send(elsewhere, 'one.txt', '1')).rejects.toMatchObject({ code: 'forbidden' })
    const anna = await owner.visitor()
    const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    for (const [name, content] of [
      ['otter.png', svg],
      ['page.txt', '<!doctype html><p>Hello'],
      ['run.txt', Buffer.from('MZ\x90\0', 'latin1')],
    ] as const)
      await expect(send(anna, name, content)).rejects.toMatchObject({ code: 'unsupported_media_type' })
    await expect(send(anna, 'none.txt', '')).rejects.toMatchObject({ code: 'body_missing' })
    await expect(send(anna, 'large.txt', 'x'.repeat(MAX_FILE_BYTES + 1))).rejects.toMatchObject({
      code: 'body_too_large',
    })
    expect(await counts()).toEqual(before)
  })

  it('have a limit for the day, also where many come at once', async () => {
    const anna = await owner.visitor()
    const large = 'x'.repeat(MAX_FILE_BYTES)
    const sent = await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        send(anna, `${i}.txt`, large).then(
          () => 'taken',
          (error: { code: string; retryAfterMs: number }) => `${error.code} ${error.retryAfterMs > 23 * HOUR_MS}`,
        ),
      ),
    )
    expect(sent.filter((it) => it === 'taken')).toHaveLength(10)
    expect(sent.filter((it) => it !== 'taken')).toEqual(['rate_limited true', 'rate_limited true'])
    // Others have room.
    await send(await owner.visitor(), 'one.txt', '1')
  })

  it('follow whoever signs in, with their conversation and with what they have just uploaded', async () => {
    const { secret } = await owner.client.call(createIdentitySecret, { query: {}, body: { appId: owner.app.id } })
    const anna = await owner.visitor()
    const id = await anna.conversation()
    const [said, ready] = [await send(anna, 'said.txt', '1'), await send(anna, 'ready.txt', '2')]
    await post(anna, id, 'Look', [said.id])
    const ada = anna.as(await anna.client.call(identifySession, { body: { token: mintToken(secret, owner.app.id) } }))
    expect(await fetched(ada, said.id)).toEqual(Buffer.from('1'))
    await post(ada, id, 'And this', [ready.id])
    await expect(fetched(await owner.visitor(), said.id)).rejects.toMatchObject({ code: 'not_found' })
  })

  it('are not taken any more once the owner says so, and what was sent stays', async () => {
    const shop = await aside.owner({ features: { uploads: true } })
    const anna = await shop.visitor()
    const file = await send(anna, 'one.txt', '1')
    const query = { appId: shop.app.id }
    const { number } = await shop.client.call(createConfig, { query, body: { config: {} } })
    await shop.client.call(activateConfig, { params: query, body: { config: number } })
    await expect(send(anna, 'two.txt', '2')).rejects.toMatchObject({ code: 'forbidden' })
    expect(await fetched(anna, file.id)).toEqual(Buffer.from('1'))
  })

  // Last: it is a day later then.
  it('are gone after a day where no message took them', async () => {
    const anna = await owner.visitor()
    const id = await anna.conversation()
    const [sent, left] = [await send(anna, 'sent.txt', '1'), await send(anna, 'left.txt', '2')]
    await post(anna, id, 'Look', [sent.id])
    later = 23 * HOUR_MS
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(await fetched(anna, left.id)).toEqual(Buffer.from('2'))
    later = 25 * HOUR_MS
    await expect
      .poll(() => fetched(anna, left.id).catch((error: { code: string }) => error.code), { timeout: 10_000 })
      .toBe('not_found')
    expect(await fetched(anna, sent.id)).toEqual(Buffer.from('1'))
    await expect(post(anna, id, 'And', [left.id])).rejects.toMatchObject({ code: 'not_found' })
    const [files, contents] = await counts()
    expect(contents).toBe(files)
  })
})
