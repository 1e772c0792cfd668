import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Aside, type Owner, startAside } from '@aside/server/testing/aside'
import { createPlace, type Ended, type Started } from './testing/command.ts'

// On the local store each command starts a server of its own.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 })

interface Way {
  run(...args: string[]): Promise<Ended>
  /** Like `run`, with these in the environment. */
  runWith(env: Record<string, string>, ...args: string[]): Promise<Ended>
  /** What makes the operator of whoever runs it. */
  operator: Record<string, string>
  close(): Promise<void>
  folder: ReturnType<typeof createPlace>['folder']
  start(...args: string[]): Started
}

async function elsewhere(): Promise<Way> {
  const aside: Aside = await startAside()
  const owner: Owner = await aside.owner()
  const place = createPlace({ ASIDE_URL: aside.url, ASIDE_KEY: owner.secret })
  return {
    run: (...args) => place.run(args),
    runWith: (env, ...args) => place.run(args, { env }),
    operator: { ASIDE_KEY: aside.running.operatorToken },
    folder: place.folder,
    start: (...args) => place.start(args),
    close: async () => {
      await aside.stop()
      await place.clean()
    },
  }
}

async function here(): Promise<Way> {
  const place = createPlace()
  await place.run(['tenant', 'create', 'Acme'])
  await place.run(['app', 'create', 'Shop', '--origin', 'https://shop.example'])
  return {
    run: (...args) => place.run(args),
    runWith: (env, ...args) => place.run(args, { env }),
    operator: {},
    folder: place.folder,
    start: (...args) => place.start(args),
    close: () => place.clean(),
  }
}

describe.for([
  ['the local store', here],
  ['a server elsewhere', elsewhere],
] as const)('through %s', ([, open]) => {
  let way: Way
  const run = (...args: string[]) => way.run(...args)
  const refused = async (code: number, ...args: string[]) => {
    const ended = await run(...args)
    expect(ended).toMatchObject({ code, stdout: '' })
    return ended.stderr
  }
  const done = async (...args: string[]) => {
    const ended = await run(...args)
    expect(ended.code, ended.stderr).toBe(0)
    return ended
  }
  beforeAll(async () => void (way = await open()))
  afterAll(() => way.close())

  test('a tenant is shown and renamed, and given a budget by the operator alone', async () => {
    const tenant = (await done('tenant', 'show', '--json')).json() as { id: string; name: string }
    await done('tenant', 'rename', tenant.name, 'Acme Ltd')
    const set = (...args: string[]) => way.runWith(way.operator, 'tenant', 'budget', ...args)
    const budget = await set('acme ltd', '--tokens', '2_000_000', '--money', '5.5')
    expect(budget.stdout).toMatch(/^Acme Ltd ten_\w{26}\n.*\n {2}budget {3}2,000,000 tokens a day, 5\.5 a day\n$/)
    const less = await set(tenant.id, '--money', 'off', '--json')
    expect(less.json()).toMatchObject({ budget: { tokensPerDay: 2_000_000 } })
    expect((await done('tenant', 'list')).stdout).toMatch(/^Acme Ltd +ten_\w{26} +\S+ +2,000,000 tokens a day$/m)
    expect(await refused(2, 'tenant', 'budget', '--tokens', 'many')).toContain('A number, or "off".')
    if (way.operator['ASIDE_KEY'])
      expect(await refused(1, 'tenant', 'budget', '--tokens', 'off')).toContain('set by the operator')
  })

  test('an app is shown and renamed', async () => {
    expect((await done('app', 'rename', 'Shop', 'Store')).stdout).toMatch(/^Store app_/)
    const shown = await done('app', 'show', '--json')
    expect(shown.json()).toMatchObject({ name: 'Store', live: { config: 1 } })
    await done('app', 'rename', 'store', 'Shop')
    expect(await refused(1, 'app', 'show', 'Store')).toContain('no app is called Store – there is: Shop (app_')
  })

  test('origins are made what a browser sends, and it is said', async () => {
    const wanted = [
      'HTTPS://Help.Example/',
      'https://a.example/path?x',
      'http://bücher.example:80',
      'https://*.b.example',
    ]
    const added = await done('origin', 'add', 'Shop', ...wanted)
    expect(added.stdout.split('\n')).toEqual(
      expect.arrayContaining(['+ https://help.example', '+ https://a.example', '+ http://xn--bcher-kva.example']),
    )
    expect(added.stdout).toMatch(/^ {2}https?:/m)
    const again = await done('origin', 'add', 'Shop', 'https://help.example')
    expect([again.stdout, again.stderr]).toEqual([
      expect.not.stringContaining('+'),
      expect.stringContaining('nothing was changed'),
    ])
    expect(added.stderr).toContain(
      'https://a.example/path?x → https://a.example: an origin has no path: /path?x was left out',
    )
    expect(added.stderr).toContain('browsers send an international name like this')
    const gone = await done('origin', 'remove', 'Shop', 'https://HELP.example', 'https://a.example', '--json')
    expect(gone.json()).toMatchObject({ added: [], removed: ['https://a.example', 'https://help.example'] })
    expect((await done('origin', 'remove', 'Shop', 'http://bücher.example')).stdout).toContain(
      '- http://xn--bcher-kva.example\n',
    )
    expect((await done('origin', 'list', 'Shop')).stdout).toBe('https://*.b.example\n' + (await firstOrigin()))
    expect(await refused(1, 'origin', 'remove', 'Shop', 'https://a.example')).toContain(
      'it does not have https://a.example',
    )
    for (const [wrong, why] of [
      ['shop.example', 'has no scheme – https://shop.example'],
      ['*', 'would let every page in'],
      ['null', 'is what a file or a sandboxed page sends'],
      ['https://shop.*', 'a * may stand only before the whole host, with a dot after it – like https://*.shop.example'],
      ['https://shop.example:99999', '99999 is no port: a number up to 65535'],
      ['https://shop example', 'its host is none that a browser could ask for – like https://shop.example'],
      ['https://*.co.uk', 'anybody can have a name below co.uk'],
      ['https://*.10.0.0.1', 'no wildcard before an IP address – this would do: https://*.shop.example'],
    ] as const)
      expect(await refused(2, 'origin', 'add', 'Shop', wrong)).toContain(why)
    const option = await refused(2, 'app', 'create', 'X', '--origin', 'https://*.github.io')
    expect(option).toMatch(/^aside: --origin https:\/\/\*\.github\.io: anybody can have a name/)
  })
  const firstOrigin = async () => {
    const { allowedOrigins } = (await done('app', 'show', '--json')).json() as { allowedOrigins: string[] }
    return `${allowedOrigins.find((it) => !it.includes('*'))}\n`
  }

  test('configurations are made value by value, compared, tried on some, and taken back', async () => {
    const made = await done('config', 'set', 'theme.primary=#ff0000', 'words.title=Yes: we can', 'temperature=0.2')
    expect(made.stdout).toContain('+ theme.primary  #ff0000\n')
    expect(made.stdout).toMatch(/created configuration 2 of Shop\n$/)
    await done('config', 'activate', '2')
    const list = 'suggestedQuestions=[Where is it?, Can I?]'
    await done('config', 'set', list, '--unset', 'theme', '--activate', '--note', 'questions')
    expect((await done('config', 'show', '--json')).json()).toMatchObject({
      number: 3,
      config: { words: { title: 'Yes: we can' }, temperature: 0.2, suggestedQuestions: ['Where is it?', 'Can I?'] },
    })
    expect((await done('config', 'diff', '2', '3')).stdout).toBe(
      'from configuration 2 → to configuration 3, live\n+ suggestedQuestions  ["Where is it?","Can I?"]\n- theme.primary       #ff0000\n',
    )
    // Of one alone: what would change if it went live.
    expect((await done('config', 'diff', '2')).stdout).toBe(
      'from configuration 3, live → to configuration 2\n- suggestedQuestions  ["Where is it?","Can I?"]\n+ theme.primary       #ff0000\n',
    )
    expect((await done('config', 'split', '2', '20%')).stdout).toContain(
      'configuration 3, and 2 for 20 % of the visitors',
    )
    const table = (await done('config', 'list')).stdout
    expect(table).toMatch(/^3 +live +.* questions$/m)
    expect(table).toMatch(/^2 +trial for 20 % +/m)
    const shown = await done('config', 'show')
    expect(shown.stderr).toMatch(/configuration 3 \(live\)\nOn trial for 20 % of the visitors: configuration 2\. See: /)
    expect((await done('config', 'show', '--json')).json()).toMatchObject({
      live: { trial: { config: 2, percent: 20 } },
    })
    const ended = 'The trial of configuration 2, for 20 % of the visitors, has ended.'
    expect((await done('config', 'activate', '3')).stderr).toContain(ended)
    await done('config', 'split', '2', '20')
    expect((await done('config', 'rollback')).stderr).toContain(ended)
    for (const live of [3, 3, 2])
      expect((await done('config', 'rollback', '--json')).json()).toMatchObject({ live: { config: live } })
    expect((await done('config', 'set', 'temperature=0.2')).stderr).toContain('nothing to do')
  })

  test('a value that is not possible is refused in words, and nothing is made', async () => {
    const before = (await done('config', 'list', '--json')).json()
    const wrong = await refused(2, 'config', 'set', 'theme.primry=#ff0000', 'temperature=hot')
    expect(wrong).toContain('theme.primry: there is no such field; did you mean primary?')
    expect(wrong).toContain('temperature: expected a number from 0 to 2; found "hot"')
    expect(await refused(1, 'config', 'activate', '99')).toMatch(/No such configuration|has no configuration 99/)
    expect(await refused(2, 'config', 'split', '2', '100')).toContain('100 is no share')
    const json = JSON.parse(await refused(2, 'config', 'set', 'temperature=hot', 'theme.radius=99', '--json')) as object
    expect(json).toMatchObject({
      error: {
        code: 'usage',
        issues: [
          { path: 'temperature', message: expect.stringContaining('found "hot"'), allowed: 'a number from 0 to 2' },
          { path: 'theme.radius', allowed: 'a whole number from 0 to 32' },
        ],
      },
    })
    expect((await done('config', 'list', '--json')).json()).toEqual(before)
  })

  test('a configuration is edited in the editor, and what was typed is kept where it is refused', async () => {
    const folder = way.folder({ good: '', bad: '' })
    const editor = (name: string, script: string) => {
      const file = join(folder, name)
      writeFileSync(file, `#!/bin/sh\n${script}\n`)
      chmodSync(file, 0o755)
      return { EDITOR: file }
    }
    const good = editor(
      'good',
      `grep -q '^# temperature\\|a number from 0 to 2' "$1" && echo 'historyTurns: 4' >> "$1"`,
    )
    const edited = await way.runWith(good, 'config', 'edit', 'Shop', '--yes')
    expect(edited.code, edited.stderr).toBe(0)
    expect(edited.stdout).toContain('+ historyTurns')
    expect((await done('config', 'show', '--json')).json()).toMatchObject({ config: { historyTurns: 4 } })
    const bad = await way.runWith(editor('bad', `echo 'locale: [de]' >> "$1"`), 'config', 'edit', '--yes')
    expect(bad.code).toBe(2)
    expect(bad.stderr).toMatch(/line \d+:9 {2}locale: expected a BCP 47 tag like pt-BR; found a list/)
    const kept = /kept: (\S+)/.exec(bad.stderr)![1]!
    expect(readFileSync(kept, 'utf8')).toContain('locale: [de]')
  })

  test('a configuration goes out as a file, and comes back from one', async () => {
    const file = join(way.folder({ 'shop.yaml': '' }), 'shop.yaml')
    for (const args of [
      ['config', 'export', 'Shop', '-o', file],
      ['export', '--out', file],
    ])
      expect(await refused(2, ...args)).toContain(`${file} is there already – choose another name, or say --force`)
    await done('config', 'export', 'Shop', '-o', file, '--force')
    expect((await done('config', 'import', file)).stderr).toContain('nothing to do')
    writeFileSync(file, `${readFileSync(file, 'utf8').replace('temperature: 0.2', 'temperature: 0.4')}\n`)
    const back = await done('config', 'import', file, '--activate', '--json')
    expect(back.json()).toMatchObject({ activated: true, config: { temperature: 0.4 } })
    writeFileSync(file, 'theme:\n  primary: red\n  radius: 99\n')
    const wrong = await refused(2, 'config', 'import', file)
    expect(wrong).toContain(
      '  line 2:12  theme.primary: expected a colour like #3355ff; found "red"\n     2 |   primary: red\n',
    )
    expect(wrong).toContain('line 3:11  theme.radius: expected a whole number from 0 to 32; found 99')
  })

  test('what comes through a pipe is waited for', async () => {
    const slow = way.start('config', 'import', '-', '--json')
    setTimeout(() => slow.child.stdin?.end('historyTurns: 7\n'), 1_500)
    expect(await slow.ended).toMatchObject({ code: 0, stdout: expect.stringContaining('"historyTurns": 7') })
  })

  test('a key is rotated and revoked, and only the new one is printed', async () => {
    await done('key', 'create', 'ci', '--scope', 'apps:read')
    const rotated = await done('key', 'rotate', 'ci', '--overlap', '7d')
    expect(rotated.stdout).toMatch(/^as_sk_live_[0-9A-Za-z]{51}\n$/)
    expect(rotated.stderr).toContain('is good until')
    expect(rotated.stderr).not.toContain(rotated.stdout.trim())
    const now = (await done('key', 'rotate', 'ci', '--now', '--json')).json() as { key: { id: string } }
    await done('key', 'revoke', now.key.id)
    expect(await refused(1, 'key', 'rotate', 'ci')).toContain('there is no key ci that is good – see: aside key list')
    expect(await refused(2, 'key', 'rotate', 'ci', '--overlap', 'soon')).toContain('one looks like 30m, 24h, 7d or 2w')
    expect(await refused(2, 'key', 'rotate', 'ci', '--overlap', '1h', '--now')).toContain('exclude each other')
  })

  test('the audit log tells who did it, and finds by what was done, to what, and since when', async () => {
    const all = (await done('audit', '--since', '1h', '--json')).json() as {
      entries: { action: string; target: string }[]
    }
    expect(all.entries[0]).toMatchObject({ action: 'key.revoked', result: 'done' })
    const { target } = all.entries[0]!
    const one = (await done('audit', '--target', target, '--action', 'key.revoked', '--json')).json()
    expect(one).toMatchObject({ entries: [{ action: 'key.revoked', target }], isMore: false })
    const few = await done('audit', '--limit', '2')
    expect(few.stdout.trim().split('\n')).toHaveLength(3)
    expect(few.stderr).toContain('there are more')
    expect((await done('audit', '--since', '2999-01-01')).stderr).toContain('Nothing was done.')
    expect(await refused(2, 'audit', '--since', 'lately')).toContain('is no length of time')
  })

  test('another of the same name is made, and it is said which ones there are', async () => {
    await done('key', 'create', 'twin')
    const first = (await done('key', 'list', '--json')).json() as { keys: { id: string; name: string }[] }
    const key = await done('key', 'create', 'twin')
    expect(key.stdout).toMatch(/^as_sk_live_\w+\n$/)
    expect(key.stderr).toContain(`Another key is called twin, too: ${first.keys.find((it) => it.name === 'twin')!.id}.`)
    const shop = (await done('app', 'show', 'Shop', '--json')).json() as { id: string }
    const app = await done('app', 'create', 'Shop', '--json')
    expect(app.stderr).toContain(`Another app is called Shop, too: ${shop.id}.`)
    const { id } = app.json() as { id: string }
    expect((await done('app', 'rename', id, 'Store')).stderr).toBe('')
    expect((await done('app', 'rename', id, 'Shop')).stderr).toContain(`Another app is called Shop, too: ${shop.id}.`)
    await done('erase', id, '--yes')
  })

  test('times are told where the reader is, and to programs as they are', async () => {
    const minute = async (TZ: string) => {
      const { stdout } = await way.runWith({ TZ }, 'config', 'list')
      return Date.parse(`${/^1 .*?(\d{4}-\d\d-\d\d \d\d:\d\d) /m.exec(stdout)![1]!.replace(' ', 'T')}:00Z`)
    }
    expect((await minute('Asia/Tokyo')) - (await minute('UTC'))).toBe(9 * 3_600_000)
    const { configs } = (await done('config', 'list', '--json')).json() as { configs: { createdAt: string }[] }
    expect(configs[0]?.createdAt).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/)
  })
})
