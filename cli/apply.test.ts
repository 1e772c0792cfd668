import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { updateApp, updateTenant } from '@aside/protocol'
import { startAside } from '@aside/server/testing/aside'
import { createPlace } from './testing/command.ts'

// On the local store each command starts a server of its own.
vi.setConfig({ testTimeout: 180_000 })

const file = (more = '') => `tenant: Acme
budget: { tokensPerDay: 5000 }
apps:
  Shop:
    origins: [https://shop.example]
    config:
      theme: { primary: "#123456", radius: 4 }
      preChat: [{ name: order_number, label: Your order }]
    trial: { percent: 10, config: { temperature: 0 } }
    identity: observe
    sources: [docs/, "faq/**/*.md"]
    publishableKeys: [website, { name: staging, env: test }]
${more}`

const documents = {
  'docs/returns.md': '# Returns\n\nWithin 30 days.',
  'docs/picture.png': 'no document',
  'faq/deep/one.md': '# One\n\nText.',
}

const local = createPlace()
const empty = createPlace()
const remote = createPlace()
afterAll(async () => void (await Promise.all([local, empty, remote].map((it) => it.clean()))))

describe.for([
  ['the local store', true],
  ['a server elsewhere', false],
] as const)('a tenant in a file, through %s', ([, isLocal]) => {
  test('is shown, made, left alone when it is as the file says, and changed when it is not', async () => {
    const place = isLocal ? local : remote
    const aside = isLocal ? undefined : await startAside()
    const owner = await aside?.owner()
    const env: Record<string, string> = aside && owner ? { ASIDE_URL: aside.url, ASIDE_KEY: owner.secret } : {}
    const folder = place.folder({ ...documents, 'acme.yaml': file() })
    const path = join(folder, 'acme.yaml')
    const apply = (...more: string[]) => place.run(['apply', '-f', path, ...more], { env })
    try {
      const dry = await apply('--dry-run')
      expect(dry.code, dry.stderr).toBe(0)
      expect(dry.stdout).toContain('+ create source Shop: docs/returns.md\n+ create source Shop: faq/deep/one.md\n')
      expect(dry.stdout).not.toContain('picture.png')
      // Nobody is there to say yes.
      expect(await apply()).toMatchObject({ code: 2, stderr: expect.stringContaining('give --yes') })

      if (aside && owner) {
        // Before anything else is done: a tenant's own key does not change its budget.
        expect((await apply('--yes')).stderr).toContain('set by the operator of the server')
        const body = { budget: { tokensPerDay: 5_000 } }
        await aside.operator.call(updateTenant, { params: { tenantId: owner.tenantId }, body })
      }
      const first = await apply('--yes', '--json')
      expect(first.code, first.stderr).toBe(0)
      const { keys, steps } = first.json() as { keys: { name: string; key: string }[]; steps: unknown[] }
      expect(keys.map((it) => it.key.slice(0, 11))).toEqual(['as_pk_live_', 'as_pk_test_'])
      expect(steps).toContainEqual({ kind: 'create', what: 'key', name: 'Shop: website' })

      const again = await apply()
      expect(again).toMatchObject({ code: 0, stderr: '' })
      expect(again.stdout).toMatch(/^= leave \d+ as they are\nnothing to do\n$/)

      const changed = file()
        .replace('radius: 4', 'radius: 5')
        .replace('percent: 10', 'percent: 30')
        .replace('website, ', '')
        .replace('shop.example', 'new.example')
        .replace('observe', 'off')
      writeFileSync(path, changed.replace(', "faq/**/*.md"', ''))
      writeFileSync(join(folder, 'docs/returns.md'), '# Returns\n\nWithin 60 days.')
      const next = await apply('--yes')
      expect(next.code, next.stderr).toBe(0)
      expect(next.stdout).toContain('~ config.theme.radius  4 → 5\n')
      expect(next.stdout).toContain('~ trial.percent        10 → 30\n')
      expect(next.stdout).toContain('~ change source Shop: docs/returns.md\n')
      expect(next.stdout).toContain('~ change origins Shop\n    + origin  https://new.example\n')
      expect(next.stdout).toContain('~ change identity Shop\n    ~ identity  observe → off\n')
      const beyond = ['origin Shop: https://shop.example', 'key Shop: website', 'source Shop: faq/deep/one.md']
      expect(next.stderr).toContain(`--prune would remove it:\n${beyond.map((it) => `  ${it}\n`).join('')}`)

      const other = await place.run(['app', 'create', 'Help'], { env })
      expect(other.code, other.stderr).toBe(0)
      const left = await apply()
      expect(left.stdout).toContain('nothing to do')
      expect(left.stderr).toContain('  app Help\n')
      const pruned = await apply('--prune', '--yes')
      expect(pruned.code, pruned.stderr).toBe(0)
      expect(pruned.stdout).toContain(beyond.map((it) => `- remove ${it}\n`).join(''))
      expect(pruned.stdout).toContain('- remove app Help\n    with its visitors, conversations, sources')
      expect((await place.run(['app', 'list', '--json'], { env })).json()).toMatchObject({
        apps: [{ name: 'Shop', allowedOrigins: ['https://new.example'] }],
      })
      expect((await apply('--prune')).stdout).toContain('nothing to do')
    } finally {
      await aside?.stop()
    }
  })
})

test('what is exported applies to an empty store, and is exported from there again as it was', async () => {
  const first = await local.run(['export', 'Acme'])
  expect(first.code, first.stderr).toBe(0)
  expect(first.stdout).not.toMatch(/as_[sp]k_/)
  expect(first.stdout).toContain('    identity: off\n')
  const enforced = join(
    empty.folder({ 'acme.yaml': first.stdout.replace('identity: off', 'identity: enforce') }),
    'acme.yaml',
  )
  const alone = await empty.run(['apply', '-f', enforced, '--dry-run'])
  expect(alone.stderr).toContain('Shop has no secret, so "enforce" lets nobody in: aside identity secret create')
  const exported = join(empty.folder({ 'acme.yaml': first.stdout }), 'acme.yaml')
  const applied = await empty.run(['apply', '-f', exported, '--yes'])
  expect(applied.code, applied.stderr).toBe(0)
  expect((await empty.run(['export'])).stdout).toBe(first.stdout)
  expect((await empty.run(['apply', '-f', exported])).stdout).toContain('nothing to do')
})

test('a file with mistakes is refused whole, with each line and what is allowed there', async () => {
  const more = `  Help:
    origins: [https://help.example/, "https://*.co.uk"]
    config:
      theme: { primary: red, radius: "8" }
      temprature: 1
    sources: [nowhere/*.md]
`
  const place = createPlace()
  try {
    const path = join(place.folder({ ...documents, 'acme.yaml': file(more) }), 'acme.yaml')
    const wrong = await place.run(['apply', '-f', path, '--yes'])
    expect(wrong).toMatchObject({ code: 2, stdout: '' })
    for (const said of [
      'has 5 problems, and nothing was changed',
      'line 14:15  apps.Help.origins.0: expected an origin like https://shop.example',
      'line 14:38  apps.Help.origins.1: anybody can have a name below co.uk',
      'line 16:25  apps.Help.config.theme.primary: expected a colour like #3355ff; found "red"',
      'line 16:38  apps.Help.config.theme.radius: expected a whole number from 0 to 32; found "8"',
      'line 17:7  apps.Help.config.temprature: there is no such field; did you mean temperature?',
      '    17 |       temprature: 1\n               ^\n',
    ])
      expect(wrong.stderr).toContain(said)
    const json = await place.run(['apply', '-f', path, '--yes', '--json'])
    expect(JSON.parse(json.stderr).error.issues).toHaveLength(5)
    writeFileSync(path, file('  Help:\n    sources: [nowhere/*.md]\n'))
    expect((await place.run(['apply', '-f', path])).stderr).toContain(
      'line 14:15  apps.Help.sources.0: there is no document at',
    )
    writeFileSync(path, 'tenant: Acme\napps:\n  Shop: {}\n  Shop: {}\n')
    expect((await place.run(['apply', '-f', path])).stderr).toMatch(/line 4:3 +Map keys must be unique/)
    expect((await place.run(['tenant', 'list', '--json'])).json()).toEqual({ tenants: [] })
  } finally {
    await place.clean()
  }
})

test('a key cannot make a tenant that is not its own, and one that was changed meanwhile is not overwritten', async () => {
  const aside = await startAside()
  try {
    const owner = await aside.owner()
    const env = { ASIDE_URL: aside.url, ASIDE_KEY: owner.secret }
    const path = join(remote.folder({ 'x.yaml': 'tenant: Another\n' }), 'x.yaml')
    const refused = await remote.run(['apply', '-f', path, '--yes'], { env })
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain('the file is about Another, and the key is of Acme')
    const renamed = await remote.run(['apply', '-f', path, '--yes', '--tenant', 'Acme'], { env })
    expect(renamed.stdout).toContain('~ name  Acme → Another\n')
    // The editor takes its time, and somebody else is faster.
    const input = { params: { appId: owner.app.id }, query: {}, body: { name: 'Shop 2' } }
    const folder = remote.folder({ started: '' })
    const editor = `sh -c 'echo temperature: 1 >> "$1"; echo x > ${folder}/started; while [ -s ${folder}/started ]; do sleep 0.05; done' sh`
    const edit = remote.start(['config', 'edit', owner.app.id, '--yes'], { ...env, EDITOR: editor })
    await vi.waitUntil(() => readFileSync(join(folder, 'started'), 'utf8') !== '', { timeout: 20_000 })
    await owner.client.call(updateApp, input)
    writeFileSync(join(folder, 'started'), '')
    const ended = await edit.ended
    expect(ended.code).toBe(1)
    expect(ended.stderr).toMatch(/What you wrote is kept: .*config\.yaml/)
    expect(ended.stderr).toContain('somebody else was faster: look at it again, and repeat')
  } finally {
    await aside.stop()
  }
})
