import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Agent, createKey, type Invited } from '@aside/protocol'
import { type Aside, type Owner, startAside } from '@aside/server/testing/aside'
import { sendJson } from '@aside/server/testing/raw-request'
import { createStaff } from '@aside/server/testing/staff'
import { createPlace } from './testing/command.ts'

const place = createPlace()

describe('agent', () => {
  let aside: Aside
  let owner: Owner
  beforeAll(async () => {
    aside = await startAside()
    owner = await aside.owner()
  })
  afterAll(async () => {
    await aside.stop()
    await place.clean()
  })

  const run = (args: string[], input?: string) =>
    place.run(['agent', ...args], {
      env: { ASIDE_URL: aside.url, ASIDE_KEY: owner.secret },
      ...(input === undefined ? {} : { input }),
    })
  const login = (email: string, password: string) => sendJson(`${aside.url}/v1/agents/login`, { email, password })

  test('from an invitation to a sign-in, and out again', { timeout: 120_000 }, async () => {
    const made = await run(['create', 'Anna@Acme.example', '--name', 'Anna Berg', '--role', 'agent'])
    expect(made.code, made.stderr).toBe(0)
    expect(made.stdout).toMatch(/^inv_[\w-]{43}\n$/)
    expect(made.stderr).toContain('anna@acme.example')
    const invitation = made.stdout.trim()

    const short = await run(['accept', invitation], 'too short\n')
    expect(short).toMatchObject({ code: 2, stdout: '' })
    expect(short.stderr).toContain('at least 12 characters')
    expect(await run(['accept', invitation])).toMatchObject({ code: 2, stdout: '' })
    // No key is needed for it.
    const accepted = await place.run(['agent', 'accept', invitation], {
      input: 'six otters in a pond\nnot this\n',
      env: { ASIDE_URL: aside.url },
    })
    expect(accepted.stdout, accepted.stderr).toBe('welcome anna@acme.example\n')
    expect((await login('anna@acme.example', 'six otters in a pond')).status).toBe(200)

    const list = await run(['list'])
    expect(list.stdout).toMatch(/^anna@acme\.example +agt_\w{26} +Anna Berg +agent +active +\d{4}-\d\d-\d\d$/m)

    expect((await run(['role', 'ANNA@acme.example', 'viewer', '--json'])).json()).toMatchObject({ role: 'viewer' })
    expect((await run(['disable', 'anna@acme.example'])).stdout).toMatch(/^disabled anna@acme\.example agt_/)
    expect((await login('anna@acme.example', 'six otters in a pond')).status).toBe(401)
    const { id } = (await run(['disable', 'anna@acme.example', '--undo', '--json'])).json() as Agent
    expect((await login('anna@acme.example', 'six otters in a pond')).status).toBe(200)

    const again = (await run(['invite', id, '--json'])).json() as Invited
    expect(again.agent.status).toBe('invited')
    expect((await login('anna@acme.example', 'six otters in a pond')).status).toBe(401)
    expect((await run(['remove', id])).stdout).toContain('removed anna@acme.example')
    expect((await run(['list'])).stderr).toContain('nobody yet')
  })

  test('tells which keys of somebody who goes still work', { timeout: 60_000 }, async () => {
    const { agent, client } = await createStaff(aside, owner, 'admin')
    const body = { name: 'Deploys', scopes: ['apps:read' as const] }
    const { key, secret } = await client.call(createKey, { query: {}, body })
    const disabled = await run(['disable', agent.id])
    expect(disabled.stdout).toMatch(/^disabled /)
    expect(disabled.stderr).toContain(`Deploys  ${key.id}  ${secret.slice(0, 23)}…${key.hint}`)
    const removed = (await run(['remove', agent.id, '--json'])).json()
    expect(removed).toMatchObject({ id: agent.id, removed: true, keys: [{ id: key.id, name: 'Deploys' }] })
  })

  test('lists what holds of each: whoever is disabled is not merely invited', { timeout: 60_000 }, async () => {
    await run(['create', 'cora@acme.example'])
    expect((await run(['list'])).stdout).toMatch(/^cora@\S+ .* invited until \d{4}-\d\d-\d\d +never$/m)
    await run(['disable', 'cora@acme.example'])
    expect((await run(['list'])).stdout).toMatch(/^cora@\S+ .* disabled(, invited until \S+)? +never$/m)
    await run(['remove', 'cora@acme.example'])
  })

  test('says what is wrong: a role there is none, an owner made with a key, somebody who is not there', async () => {
    const role = await run(['create', 'ben@acme.example', '--role', 'king'])
    expect(role).toMatchObject({ code: 2, stdout: '' })
    expect(role.stderr).toContain('viewer, agent, admin, owner')
    const above = await run(['create', 'ben@acme.example', '--role', 'owner', '--json'])
    expect(above.code).toBe(1)
    expect(JSON.parse(above.stderr)).toMatchObject({ error: { code: 'forbidden' } })
    const nobody = await run(['remove', 'ben@acme.example'])
    expect(nobody).toMatchObject({ code: 1, stdout: '' })
    expect(nobody.stderr).toContain('no agent is called ben@acme.example')
  })
})

test('makes the first owner on the local database, where there is no server', { timeout: 60_000 }, async () => {
  const own = createPlace()
  try {
    await own.run(['tenant', 'create', 'Acme'])
    const made = await own.run(['agent', 'create', 'anna@acme.example', '--role', 'owner', '--json'])
    const { invitation } = made.json() as Invited
    const accepted = await own.run(['agent', 'accept', invitation.token, '--json'], { input: 'eleven otters swim' })
    expect(accepted.json()).toMatchObject({ email: 'anna@acme.example', role: 'owner', status: 'active' })
  } finally {
    await own.clean()
  }
})
