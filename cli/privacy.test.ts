import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Aside, type Owner, startAside, type Visitor } from '@aside/server/testing/aside'
import { createPlace } from './testing/command.ts'

// Most of these start a server each time.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

describe('on a server elsewhere', () => {
  const place = createPlace()
  let aside: Aside
  let owner: Owner
  let visitor: Visitor
  let visitorId: string
  const folder = place.folder({ 'x.txt': '' })
  const run = (...args: string[]) => place.run(args, { env: { ASIDE_URL: aside.url, ASIDE_KEY: owner.secret } })
  beforeAll(async () => {
    aside = await startAside()
    owner = await aside.owner({ retentionDays: 30 })
    visitor = await owner.visitor()
    visitorId = visitor.session.session.visitorId
    await visitor.post(await visitor.conversation(), 'My name is Anna')
  })
  afterAll(async () => {
    await aside?.stop()
    await place.clean()
  })

  test('privacy export writes one file, that only its owner reads, and overwrites none', async () => {
    const file = join(folder, 'anna.ndjson')
    const made = await run('privacy', 'export', 'visitor', visitorId, '--out', file, '--json')
    expect(made.code, made.stderr).toBe(0)
    expect(made.json()).toEqual({ id: visitorId, file, sizeBytes: statSync(file).size })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file, 'utf8')).toContain('My name is Anna')
    const again = await run('privacy', 'export', 'visitor', visitorId, '--out', file)
    expect(again).toMatchObject({ code: 2, stdout: '' })
    expect(again.stderr).toContain('is there already – choose another name, or say --force')
    const tenant = join(folder, 'acme.ndjson')
    expect(await run('privacy', 'export', 'tenant', owner.tenantId, '--out', tenant)).toMatchObject({ code: 0 })
    expect(readFileSync(tenant, 'utf8')).toContain('My name is Anna')
    expect(
      await run('privacy', 'export', 'visitor', `vis_${'0'.repeat(26)}`, '--out', join(folder, 'no')),
    ).toMatchObject({
      code: 1,
    })
    expect(await run('privacy', 'export', 'visitor', 'Anna')).toMatchObject({ code: 2 })
    expect(readdirSync(folder).sort()).toEqual(['acme.ndjson', 'anna.ndjson', 'x.txt'])
  })

  test('privacy retention says what would go, and hold keeps it from going', async () => {
    const dry = await run('privacy', 'retention', '--dry-run')
    expect(dry.code, dry.stderr).toBe(0)
    expect(dry.stdout).toMatch(/^APP +DAYS +WOULD GO +VISITORS +HELD +OLDEST\napp_\w{26} +30 +0 +0 +0 +–$/m)
    const held = await run('privacy', 'hold', 'add', visitorId, '--reason', 'case 2026-17', '--json')
    expect(held.code, held.stderr).toBe(0)
    expect((await run('privacy', 'hold', 'list')).stdout).toMatch(/^HELD +REASON[^\n]*\nvis_\w{26} +case 2026-17/)
    const refused = await run('erase', visitorId, '--yes')
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain('release the hold first')
    const { id } = held.json() as { id: string }
    expect(await run('privacy', 'hold', 'release', id)).toMatchObject({ code: 0 })
  })

  test('erase asks first, and takes no silence for an answer', async () => {
    const env = { ASIDE_URL: aside.url, ASIDE_KEY: owner.secret }
    expect(await run('erase', visitorId)).toMatchObject({ code: 2, stdout: '' })
    expect(await place.run(['erase', visitorId], { env, input: 'no\n' })).toMatchObject({ code: 1 })
    const done = await place.run(['erase', visitorId], { env, input: 'yes\n' })
    expect(done.code, done.stderr).toBe(0)
    expect(done.stdout).toMatch(/^erased vis_/)
    expect(done.stdout).toMatch(/^messages +[12]$/m)
    const again = await run('privacy', 'erase', visitorId, '--yes', '--json')
    expect(again.json()).toMatchObject({ id: visitorId, rows: {} })

    const asOperator = { ASIDE_URL: aside.url, ASIDE_KEY: aside.running.operatorToken }
    const wrong = await place.run(['erase', owner.tenantId], { env: asOperator, input: 'acme\n' })
    expect(wrong).toMatchObject({ code: 1, stdout: '' })
    expect(wrong.stderr).toContain('Type Acme to go on')
    const gone = await place.run(['erase', owner.tenantId, '--json'], { env: asOperator, input: 'Acme\n' })
    expect(gone.code, gone.stderr).toBe(0)
    expect(gone.json()).toMatchObject({ rows: { tenants: 1, apps: 1 } })
    expect(await run('app', 'list')).toMatchObject({ code: 1 })
  })
})

describe('the local store', () => {
  const place = createPlace()
  afterAll(() => place.clean())

  const folder = place.folder({ 'text.db': 'Dear diary' })
  const [one, two] = [join(folder, 'one.db'), join(folder, 'two.db')]

  test('is backed up with and without a server, which lets nobody put another in its place', async () => {
    expect(await place.run(['tenant', 'create', 'First'])).toMatchObject({ code: 0 })
    const made = await place.run(['backup', one, '--json'])
    expect(made.code, made.stderr).toBe(0)
    expect(made.json()).toEqual({ file: one, sizeBytes: statSync(one).size })
    expect(statSync(one).mode & 0o777).toBe(0o600)

    const server = place.start(['serve', '--port', '0'])
    await server.says('listens on')
    expect(await place.run(['tenant', 'create', 'Second'])).toMatchObject({ code: 0 })
    expect(await place.run(['backup', two])).toMatchObject({ code: 0 })
    expect(await place.run(['backup', two])).toMatchObject({ code: 2 })
    expect(await place.run(['backup', two, '--force'])).toMatchObject({ code: 0 })
    for (const own of ['aside.db', 'aside.db-wal'])
      expect(await place.run(['backup', join(place.dataDir, own), '--force'])).toMatchObject({ code: 2 })
    const refused = await place.run(['restore', one, '--yes'])
    expect(refused.code).toBe(3)
    expect(refused.stderr).toMatch(/is in use by another Aside server \(process \d+, http.*\) – end it first/)
    const migrate = await place.run(['migrate'])
    expect(migrate.code).toBe(3)
    expect(migrate.stderr).toContain('it brought the store up to date when it started')
    server.child.kill('SIGTERM')
    await server.ended
  })

  test('is restored when no server has it, once that was confirmed, and what was there is kept', async () => {
    expect(await place.run(['restore', one])).toMatchObject({ code: 2, stdout: '' })
    const bad = await place.run(['restore', join(folder, 'text.db'), '--yes'])
    expect(bad.code).toBe(1)
    expect(bad.stderr).toMatch(/cannot be restored: it cannot be read/)
    const names = async () => (await place.run(['tenant', 'list', '--json'])).stdout
    expect(await names()).toContain('Second')
    const restored = await place.run(['restore', one], { input: 'yes\n' })
    expect(restored.code, restored.stderr).toBe(0)
    expect(restored.stdout).toContain(`before  ${join(place.dataDir, 'aside.db.before-restore')}`)
    expect(await names()).not.toContain('Second')
    const back = await place.run(['restore', two, '--yes', '--json'])
    expect(back.json()).toMatchObject({ from: two, undoneErasures: [] })
    expect(await names()).toContain('Second')
    expect(readdirSync(place.dataDir).filter((it) => /part-|copy-|restore-[0-9a-f]{4,}/.test(it))).toEqual([])
  })

  test('that is erased from after a backup is told to be erased again when that comes back', async () => {
    const file = join(place.folder({ x: '' }), 'before.db')
    const { id } = (await place.run(['tenant', 'create', 'Gone', '--json'])).json() as { id: string }
    expect(await place.run(['backup', file])).toMatchObject({ code: 0 })
    expect(await place.run(['erase', id, '--yes'])).toMatchObject({ code: 0 })
    const restored = await place.run(['restore', file, '--yes'])
    expect(restored.stdout).toContain(`erase again  ${id}, erased 2`)
  })
})

describe('migrate', () => {
  const place = createPlace()
  afterAll(() => place.clean())

  test('says what is missing without making anything, then applies it, once', async () => {
    const dry = await place.run(['migrate', '--dry-run', '--json'])
    expect(dry.code, dry.stderr).toBe(0)
    expect(existsSync(join(place.dataDir, 'aside.db'))).toBe(false)
    const { migrations } = dry.json() as { migrations: string[] }
    expect(migrations).toContain('0001-spine')
    const done = await place.run(['migrate', '--json'])
    expect(done.json()).toEqual({ dryRun: false, migrations })
    expect((await place.run(['migrate', '--dry-run', '--json'])).json()).toEqual({ dryRun: true, migrations: [] })
  })

  test('and backup leave Postgres to what it brings', async () => {
    const env = { DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none' }
    for (const [command, instead] of [
      ['backup', 'pg_dump'],
      ['restore', 'pg_restore'],
    ] as const) {
      const file = join(place.folder({ x: '' }), 'y.db')
      writeFileSync(file.replace('y.db', 'z.db'), '')
      const { code, stderr } = await place.run([command, file], { env })
      expect(code).toBe(2)
      expect(stderr).toContain(`this store is Postgres – use ${instead}`)
    }
  })
})
