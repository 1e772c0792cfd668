import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createApp, createTenant } from '@aside/protocol'
import { type Aside, type Owner, startAside } from '@aside/server/testing/aside'
import { createProgram } from './program.ts'
import { createPlace, type Started } from './testing/command.ts'

// Most of these start a server each time.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

const places = Array.from({ length: 4 }, () => createPlace())
const [local, served, wrong, remote] = places as [
  (typeof places)[0],
  (typeof places)[0],
  (typeof places)[0],
  (typeof places)[0],
]
afterAll(async () => void (await Promise.all(places.map((it) => it.clean()))))

describe('the local database', () => {
  test('is shared by commands that run at once: each waits for its turn, and none is lost', async () => {
    const names = ['A', 'B', 'C']
    const made = await Promise.all(names.map((name) => local.run(['tenant', 'create', name])))
    expect(made.map((it) => it.code)).toEqual([0, 0, 0])
    const { stdout } = await local.run(['tenant', 'list', '--json'])
    expect(
      JSON.parse(stdout)
        .tenants.map((it: { name: string }) => it.name)
        .sort(),
    ).toEqual(names)
    expect(existsSync(join(local.dataDir, 'aside.db.server.json'))).toBe(false)
  })

  test('has no favourite among several tenants: they are named, and one is asked for', async () => {
    const { code, stderr } = await local.run(['app', 'create', 'Shop'])
    expect(code).toBe(2)
    expect(stderr).toMatch(/^aside: which tenant\? (\w \(ten_\w{26}\)(, )?){3} – say it with --tenant/)
    const made = await local.run(['app', 'create', 'Shop', '--tenant', 'b', '--json'])
    expect(made.code, made.stderr).toBe(0)
    expect(made.stderr).toContain('no allowed origins')
  })

  test('that is not one is refused with the way out', async () => {
    const file = join(local.folder({ 'x.db': 'this is no database at all, but it is long enough' }), 'x.db')
    const { code, stderr } = await local.run(['tenant', 'list'], { env: { DATABASE_URL: `sqlite:${file}` } })
    expect(code).toBe(3)
    expect(stderr).toMatch(/^aside: The database .*x\.db cannot be used: .* – aside doctor/)
  })
})

describe('a running server', () => {
  let server: Started
  beforeAll(async () => {
    server = served.start(['serve', '--port', '0', '--json'])
    await server.says('"url"')
  })

  test('is talked to while it holds the file, and says where it is for people and programs', async () => {
    const { url, pid, store } = JSON.parse(server.stdout())
    expect(pid).toBe(server.child.pid)
    expect(store).toBe(join(served.dataDir, 'aside.db'))
    expect(await served.run(['tenant', 'create', 'Acme'])).toMatchObject({ code: 0 })
    const doctor = await served.run(['doctor', '--json'])
    expect(JSON.parse(doctor.stdout).checks).toContainEqual({
      name: 'server',
      group: 'server',
      status: 'ok',
      detail: `${url} (process ${pid})`,
    })
    const second = await served.run(['serve', '--port', '0'])
    expect(second.code).toBe(3)
    expect(second.stderr).toContain(`(process ${pid}, ${url}) – end it, or choose another folder`)
  })

  test('that was killed is not waited for, and what it stored is there', async () => {
    server.child.kill('SIGKILL')
    await server.ended
    expect(readFileSync(join(served.dataDir, 'aside.db.server.json'), 'utf8')).toContain('"token"')
    const { code, stdout, stderr } = await served.run(['tenant', 'list'])
    expect(code, stderr).toBe(0)
    expect(stdout).toContain('Acme')
  })

  test('drains and exits with 0 at a signal', async () => {
    const again = served.start(['serve', '--port', '0'])
    await again.says('Aside listens on http://127.0.0.1:')
    again.child.kill('SIGTERM')
    expect(await again.ended).toMatchObject({ code: 0 })
  })
})

describe('a configuration with problems', () => {
  const env = { ASIDE_PORT: 'many', ASIDE_LOG: 'loud', ASIDE_COLOUR: 'blue' }

  test('is told all at once, before anything is made', async () => {
    const { code, stderr } = await wrong.run(['tenant', 'create', 'Acme'], { env })
    expect(code).toBe(2)
    expect(stderr).toMatch(
      /^aside: The configuration has 3 problems:\n {2}ASIDE_PORT: .*\n {2}ASIDE_LOG: .*\n {2}ASIDE_COLOUR: /,
    )
    expect(existsSync(wrong.dataDir)).toBe(false)
  })

  test('is what the doctor finds too', async () => {
    const { code, stdout } = await wrong.run(['doctor', '--json'], { env })
    expect(code).toBe(1)
    const { ok, checks } = JSON.parse(stdout)
    expect(ok).toBe(false)
    expect(checks.filter((it: { status: string }) => it.status === 'fail')).toHaveLength(3)
  })

  test('is also a data folder that cannot be made', async () => {
    const file = join(wrong.folder({ 'x.txt': '' }), 'x.txt')
    const { code, stdout } = await wrong.run(['doctor', '--data-dir', join(file, 'data')])
    expect(code).toBe(1)
    expect(stdout).toMatch(/^ {2}FAIL folder: The folder .*x\.txt cannot be made: a file is there\n +→ /m)
  })

  test('is also a provider that does not know the key', async () => {
    const dead = { OPENAI_API_KEY: 'sk-x', OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' }
    const { code, stdout } = await wrong.run(['doctor'], { env: dead })
    expect(code).toBe(1)
    expect(stdout).toMatch(/^ {2}FAIL model: .*cannot be reached\n +→ check OPENAI_BASE_URL/m)
    expect(stdout).toMatch(/^ {2}ok +store/m)
  })
})

describe('a server elsewhere', () => {
  let aside: Aside
  let owner: Owner
  const run = (...args: string[]) => remote.run(args, { env: { ASIDE_URL: aside.url, ASIDE_KEY: owner.secret } })
  beforeAll(async () => {
    aside = await startAside()
    owner = await aside.owner()
  })
  afterAll(() => aside.stop())

  test('is asked with a key, which sees its own tenant and nothing local', async () => {
    const other = await aside.operator.call(createTenant, { body: { name: 'Other' } })
    const apps = await run('app', 'list', '--json')
    expect(apps.json()).toMatchObject({ apps: [{ id: owner.app.id }] })
    expect((await run('tenant', 'list', '--json')).json()).toMatchObject({ tenants: [{ id: owner.tenantId }] })
    const refused = await run('tenant', 'create', 'More', '--json')
    expect(refused.code).toBe(1)
    const nameless = await run('app', 'create', '')
    expect(nameless).toMatchObject({ code: 2, stderr: 'aside: name: expected a name, not empty\n' })
    expect(JSON.parse(refused.stderr)).toMatchObject({ error: { code: 'unauthenticated', hint: expect.any(String) } })
    expect(await run('app', 'list', '--tenant', other.id)).toMatchObject({ code: 1, stdout: '' })
    expect(existsSync(remote.dataDir)).toBe(false)
  })

  test('cannot make the terminal obey what somebody called an app', async () => {
    const query = { tenantId: owner.tenantId }
    await aside.operator.call(createApp, { query, body: { name: '\u001b[2J\u009b31mRed' } })
    const { code, stdout } = await run('app', 'list')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^\[2J31mRed +app_/m)
  })

  test('refuses in the words of what was typed', async () => {
    const app = await run('app', 'create', 'X', '--origin', 'ftp://shop.example')
    expect(app).toMatchObject({ code: 2, stdout: '' })
    expect(app.stderr).toBe('aside: --origin ftp://shop.example: no page is loaded by ftp: – https:// or http://\n')
    const config = join(remote.folder({ 'app.json': '{"temperature":9}' }), 'app.json')
    const wrongConfig = await run('app', 'create', 'X', '--config', config)
    expect(wrongConfig.stderr).toContain('line 1:16  temperature: expected a number from 0 to 2; found 9')
    const missing = await run('embed', 'Shopp')
    expect(missing.stderr).toContain(`aside: no app is called Shopp – there is: Shop (${owner.app.id})`)
  })

  test('forgets a key at once when it is revoked', async () => {
    const made = await run('key', 'create', 'old', '--scope', 'chat', '--json')
    const { key, secret } = made.json() as { key: { id: string }; secret: string }
    expect(await run('key', 'revoke', key.id)).toMatchObject({ code: 0 })
    const after = await remote.run(['doctor', '--json'], { env: { ASIDE_URL: aside.url, ASIDE_KEY: secret } })
    expect(after.code).toBe(1)
    expect(JSON.parse(after.stdout).checks).toContainEqual(expect.objectContaining({ name: 'key', status: 'fail' }))
  })

  test('that is not there, or not addressed rightly, is told apart by the exit code', async () => {
    const none = await remote.run(['app', 'list'], { env: { ASIDE_URL: 'http://127.0.0.1:9', ASIDE_KEY: 'as_sk_x' } })
    expect(none.code).toBe(3)
    expect(none.stderr).toMatch(/^aside: The server could not be reached – /)
    expect(await remote.run(['app', 'list', '--url', aside.url])).toMatchObject({ code: 2 })
    expect(await remote.run(['app', 'list', '--url', 'nonsense', '--key', 'x'])).toMatchObject({ code: 2 })
  })
})

describe('what is typed wrong', () => {
  test('exits with 2 and points at the help, on one line', async () => {
    const [command, option, argument, key] = await Promise.all([
      wrong.run(['tenat', 'list']),
      wrong.run(['app', 'list', '--orgin']),
      wrong.run(['source', 'add']),
      wrong.run(['key', 'create', 'x', '--scope', 'everything', '--json']),
    ])
    expect([command.code, option.code, argument.code, key.code]).toEqual([2, 2, 2, 2])
    expect(command.stderr).toBe("aside: unknown command 'tenat' (Did you mean tenant?) – see: aside --help\n")
    expect(argument.stderr).toBe("aside: missing required argument 'paths' – see: aside source add --help\n")
    expect(JSON.parse(key.stderr)).toMatchObject({ error: { code: 'usage' } })
  })

  test('has help with examples on every command', () => {
    const leaves = (command: Command): Command[] => {
      const inner = command.createHelp().visibleCommands(command)
      const own = inner.filter((it) => it.name() !== 'help')
      return own.length === 0 ? [command] : own.flatMap(leaves)
    }
    for (const command of leaves(createProgram())) {
      let help = ''
      command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp()
      expect(help, command.name()).toMatch(/Examples?:\n {2}\$ /)
    }
  })
})

test('a pipe that closes early is no error', async () => {
  const script = join(local.folder({ 'x.sh': '' }), 'x.sh')
  writeFileSync(script, '"$1" "$2" --help | head -1\nexit ${PIPESTATUS[0]}\n')
  const { spawnSync } = await import('node:child_process')
  const it = spawnSync('bash', [script, process.execPath, join(import.meta.dirname, 'main.ts')], { encoding: 'utf8' })
  expect(it).toMatchObject({ status: 0, stderr: '' })
})
