import { expect, test } from 'vitest'
import { startAside } from '@aside/server/testing/aside'
import { createPlace } from './testing/command.ts'

test('a second tenant of a name is made, and the id of the first is told; so is one that is renamed to it', async () => {
  const place = createPlace()
  const aside = await startAside()
  try {
    const { tenantId } = await aside.owner()
    const env = { ASIDE_URL: aside.url, ASIDE_KEY: aside.running.operatorToken }
    const run = (...args: string[]) => place.run(['tenant', ...args], { env })
    const told = `Another tenant is called Acme, too: ${tenantId}. Where it matters, say which by its id.\n`
    const second = await run('create', 'Acme', '--json')
    expect(second).toMatchObject({ code: 0, stderr: told })
    const { id } = second.json() as { id: string }
    expect(await run('rename', id, 'Other')).toMatchObject({ code: 0, stderr: '' })
    expect(await run('rename', 'Other', 'Acme')).toMatchObject({ code: 0, stderr: told })
  } finally {
    await aside.stop()
    await place.clean()
  }
}, 60_000)
