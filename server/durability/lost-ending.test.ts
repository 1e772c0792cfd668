import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Aside, startAside } from '../testing/aside.ts'
import { tokenText } from '../testing/model-scenarios.ts'
import { type ModelServer, startModelServer } from '../testing/model-server.ts'

describe('an answer whose ending the store refuses', () => {
  let models: ModelServer
  let aside: Aside
  beforeAll(async () => {
    models = await startModelServer()
    aside = await startAside({ modelUrl: models.url })
  })
  afterAll(async () => {
    await aside?.stop()
    await models?.stop()
  })

  it('keeps the text that was shown of it, also while other answers are written down', async () => {
    const asker = await (await aside.owner({ model: 'tokens:60:20#refused' })).visitor()
    const other = await (await aside.owner({ model: 'tokens:300:20#other' })).visitor()
    const [id, otherId] = [await asker.conversation(), await other.conversation()]
    const reading = asker.follow()
    await reading.until('session-ready')
    await asker.post(id, 'Will you end?')
    const start = await reading.until('message-start')
    const answerId = start.payload.message.id
    const behind = new Database(aside.store.url.replace('sqlite:', ''))
    behind.exec(`create trigger refuse before update on messages when new.id = '${answerId}' and new.status = 'completed'
      begin select raise(abort, 'not this one'); end`)
    behind.close()
    // It begins later, so what it needs of the drafts begins later too.
    await expect.poll(() => reading.text(answerId).length).toBeGreaterThan(100)
    await other.post(otherId, 'And you?')
    const end = await reading.until('message-end', (it) => it.message.id === answerId, 6_000)
    expect(end.payload.message.status).toBe('interrupted')
    const whole = Array.from({ length: 60 }, (_, i) => tokenText(i)).join('')
    expect(whole.startsWith(end.payload.message.text)).toBe(true)
    expect(end.payload.message.text.length).toBeGreaterThan(whole.length / 2)
    reading.close()
  })
})
