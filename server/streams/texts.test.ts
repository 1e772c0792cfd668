import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../platform/index.ts'
import { type Aside, type Owner, startAside } from '../testing/aside.ts'
import { type Beside, openBeside } from '../testing/beside.ts'
import { serveStreamsBeside, type StreamsBeside } from '../testing/streams-beside.ts'

describe('the text of an answer while it is written', () => {
  let aside: Aside
  let beside: Beside
  let owner: Owner
  let readers: StreamsBeside
  beforeAll(async () => {
    aside = await startAside()
    beside = await openBeside(aside.store)
    owner = await aside.owner()
    readers = await serveStreamsBeside(beside, owner.tenantId)
  })
  afterAll(async () => {
    readers?.close()
    await beside?.close()
    await aside?.stop()
  })

  async function opened() {
    const visitor = await owner.visitor()
    const stream = await readers.follow(visitor)
    const text = beside.streams.openText(visitor.session.session.visitorId, newId('message'), 1)
    const told = () =>
      stream
        .frames()
        .flatMap(({ name, data }) => (/^message-/.test(name) ? [(JSON.parse(data) as { text: string }).text] : []))
    return { text, stream, told }
  }

  it('is told at once with its first words, and with what came in a frame after that', async () => {
    const { text, stream, told } = await opened()
    text.show()
    // All in one turn of the event loop: a frame would put the first together with the others.
    for (const word of ['One', ' two', ' three']) text.append(word)
    await expect.poll(told).toEqual(['One', ' two three'])
    text.close()
    stream.close()
  })

  it('is told to nobody before it is shown, then at once with all there is', async () => {
    const { text, stream, told } = await opened()
    text.append('One')
    text.append(' two')
    text.flush()
    await new Promise((resolve) => setTimeout(resolve, 80))
    expect(told()).toEqual([])
    text.show()
    text.append(' three')
    await expect.poll(told).toEqual(['One two', ' three'])
    // This reader came after the answer had begun: it has to be told which answer that is.
    const names = stream.frames().map((it) => it.name)
    expect(names.filter((it) => it.startsWith('message-'))).toEqual(['message-snapshot', 'message-delta'])
    text.close()
    text.append(' four')
    text.flush()
    await new Promise((resolve) => setTimeout(resolve, 80))
    expect(told()).toEqual(['One two', ' three'])
    stream.close()
  })
})
