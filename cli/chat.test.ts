import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addSource } from '@aside/protocol'
import { type Aside, type Owner, startAside } from '@aside/server/testing/aside'
import { type ModelServer, startModelServer } from '@aside/server/testing/model-server'
import { createPlace } from './testing/command.ts'

let model: ModelServer
let aside: Aside
let local: Owner
let slow: Owner
let broken: Owner
const place = createPlace()
const by = (owner: Owner) => ({ ASIDE_URL: aside.url, ASIDE_KEY: owner.secret })

beforeAll(async () => {
  model = await startModelServer()
  aside = await startAside({ modelUrl: model.url })
  local = await aside.owner({ model: 'local' })
  slow = await aside.owner({ model: 'tokens:2000:20' })
  broken = await aside.owner({ model: '400' })
  const query = { appId: local.app.id, name: 'returns.md' }
  const content = '# Returns\n\nAnything goes back within 30 days.'
  await local.client.call(addSource, { query, content, contentType: 'text/markdown' })
})
afterAll(async () => {
  await place.clean()
  await aside.stop()
  await model.stop()
})

describe('one question', () => {
  test('is answered with its sources', async () => {
    const { code, stdout, stderr } = await place.run(['chat', 'Shop', 'Within how many days can things go back?'], {
      env: by(local),
    })
    expect(code, stderr).toBe(0)
    expect(stdout).toContain('Anything goes back within 30 days.')
    expect(stdout).toMatch(/Sources\n\[1\] Returns returns\.md\n$/)
  })

  test('is written out as it comes, and Ctrl-C stops it on the server too', async () => {
    const chat = place.start(['chat', slow.app.id, 'Count!'], by(slow))
    await chat.says('w0 w1 w2')
    expect(model.aborts('tokens:2000:20')).toBe(0)
    chat.child.kill('SIGINT')
    const { code, stdout, stderr } = await chat.ended
    expect(code).toBe(130)
    expect(stdout).not.toContain('w1999')
    expect(stderr).toContain('stopped')
    await expect.poll(() => model.aborts('tokens:2000:20')).toBe(1)
  })

  test('whose answer fails says so with the way out, and exits with 1', async () => {
    const { code, stderr } = await place.run(['chat', broken.app.id, 'Anything?'], { env: by(broken) })
    expect(code).toBe(1)
    expect(stderr).toMatch(/^aside: the answer failed \(upstream_rejected\) – check ASIDE_MODEL/)
  })
})

describe('questions from a pipe', () => {
  test('are answered one by one, as one JSON object each', async () => {
    const { code, stdout } = await place.run(['chat', '--json'], {
      env: by(local),
      input: 'Can things go back?\n\n/new\nWhich planet is the largest?\n/exit\nnever asked\n',
    })
    const answers = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(code).toBe(0)
    expect(answers).toMatchObject([
      { question: 'Can things go back?', status: 'completed', citations: [{ number: 1, name: 'returns.md' }] },
      { question: 'Which planet is the largest?', status: 'completed', citations: [] },
    ])
    expect(answers[0].conversationId).not.toBe(answers[1].conversationId)
  })

  test('that are none at all are a mistake', async () => {
    expect(await place.run(['chat', '--json'], { env: by(local) })).toMatchObject({ code: 2, stdout: '' })
  })
})
