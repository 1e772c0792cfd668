import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Aside, type Owner, startAside } from '@aside/server/testing/aside'
import { createBuildShop } from '@aside/server/testing/widget-builds'
import { createPlace } from './testing/command.ts'

const place = createPlace()
const shop = createBuildShop()
afterAll(async () => {
  await place.clean()
  shop.clean()
})

describe('cdn build', () => {
  const build = (from: string, ...args: string[]) => place.run(['cdn', 'build', '--from', from, ...args])
  const folder = `${shop.cdn}-a`

  test('writes the folder, says what is in it, and keeps what was there', async () => {
    const first = await build(shop.build('0.1.0'), folder)
    expect(first.code, first.stderr).toBe(0)
    expect(first.stdout).toMatch(/^FILE +KB +GZIP +BROTLI\n/)
    expect(first.stdout).toMatch(/^embed\.js +0\.3 +0\.1 +0\.1$/m)
    expect(first.stdout).toMatch(/^latest +0\.1\.0$/m)
    expect(first.stdout).toContain(`published 0.1.0 in ${folder}\n  source maps  ${folder}-maps/v0.1.0\n`)
    const second = await build(shop.build('0.1.1'), '--out', folder, '--with-maps', '--json')
    expect(second.json()).toMatchObject({
      folder,
      version: '0.1.1',
      outcome: 'added',
      channels: { latest: '0.1.1', v0: '0.1.1', 'v0.1': '0.1.1', 'v0.1.0': '0.1.0' },
      versions: ['0.1.1', '0.1.0'],
      maps: join(folder, 'maps/v0.1.1'),
    })
    expect(readdirSync(folder)).toContain('v0.1.0')
    const { 'embed.js': sri } = JSON.parse(readFileSync(join(folder, 'integrity.json'), 'utf8')).versions['0.1.1'].files
    const embed = readFileSync(join(folder, 'latest/embed.js'))
    expect(sri).toBe(`sha384-${createHash('sha384').update(embed).digest('base64')}`)
  })

  test('refuses what it may not write over, with the way out', async () => {
    const changed = await build(shop.build('0.1.0', 'changed'), folder)
    expect([changed.code, changed.stdout]).toEqual([1, ''])
    expect(changed.stderr).toMatch(
      /v0\.1\.0 was published before, with other bytes .* never changes: raise the version/,
    )
    const foreign = await build(shop.build('0.1.0'), place.folder({ 'index.html': 'mine' }), '--json')
    expect(foreign.code).toBe(1)
    expect(JSON.parse(foreign.stderr)).toMatchObject({ error: { code: 'not_ours' } })
    expect((await build(place.folder({}), folder)).stderr).toContain('npm run build')
    expect((await build(shop.build('0.1.0'), folder, '--out', 'other')).code).toBe(2)
  })
})

describe('the version of the widget', () => {
  let aside: Aside
  let owner: Owner
  let run: (...args: string[]) => ReturnType<typeof place.run>
  beforeAll(async () => {
    for (const version of ['0.1.0', '0.1.1', '0.2.0'])
      expect((await place.run(['cdn', 'build', shop.cdn, '--from', shop.build(version)])).code).toBe(0)
    aside = await startAside({ env: { ASIDE_CDN_DIR: shop.cdn, ASIDE_PUBLIC_URL: 'https://chat.example' } })
    owner = await aside.owner()
    run = (...args) => place.run(args, { env: { ASIDE_URL: aside.url, ASIDE_KEY: owner.secret } })
  })
  afterAll(() => aside?.stop())

  const widget = (...args: string[]) => run('app', 'widget', 'Shop', ...args)
  const chosen = async (...args: string[]) => {
    const ended = await widget(...args, '--json')
    expect(ended.code, ended.stderr).toBe(0)
    return ended.json()
  }

  test('is shown, chosen, rolled out, finished and taken back', async () => {
    expect(await chosen()).toMatchObject({ appId: owner.app.id, version: 'latest', serves: { version: '0.2.0' } })
    const begun = await widget('--version', 'v0.1', '--next', 'v0.2', '--percent', '10')
    expect(begun.stdout).toMatch(/^v0\.1 +90 % +0\.1\.1\nv0\.2 +10 % +0\.2\.0\nthere is latest, v0, v0\.2, /m)
    expect(await chosen('--percent', '50')).toMatchObject({ version: 'v0.1', next: { version: 'v0.2', percent: 50 } })
    expect(await chosen('--roll-back')).not.toHaveProperty('next')
    const none = await widget('--roll-back')
    expect([none.code, none.stderr.includes('there is no next one to take back')]).toEqual([1, true])
    await chosen('--next', 'v0.2', '--percent', '100')
    const done = await chosen('--version', 'v0.2')
    expect(done).toMatchObject({ version: 'v0.2', serves: { version: '0.2.0' } })
    expect(done).not.toHaveProperty('next')
  })

  test('is none that is not there, and no share of nothing', async () => {
    const unknown = await widget('--version', 'v3')
    expect(unknown.code).toBe(2)
    expect(unknown.stderr).toContain('there is latest, v0, v0.2, v0.1, v0.2.0, v0.1.1, v0.1.0')
    for (const args of [
      ['--percent', '10'],
      ['--next', 'v0.1'],
      ['--percent', '101'],
      ['--roll-back', '--next', 'v0'],
    ])
      expect([args, (await widget(...args)).code]).toEqual([args, 2])
  })

  test('is in the tag, with the hash of just that one', async () => {
    const { versions } = JSON.parse(readFileSync(join(shop.cdn, 'integrity.json'), 'utf8'))
    for (const [args, version] of [
      [[], '0.2.0'],
      [['--version', 'v0.1'], '0.1.1'],
      [['--version', 'v0.1.0'], '0.1.0'],
    ] as const) {
      const { stdout, stderr } = await run('embed', 'Shop', ...args)
      const integrity = versions[version].files['embed.js']
      expect(stdout, stderr).toBe(
        `<script src="https://chat.example/cdn/v${version}/embed.js" integrity="${integrity}" crossorigin="anonymous" data-app="${owner.app.id}" async></script>\n`,
      )
    }
    const unknown = await run('embed', 'Shop', '--version', 'v0.7')
    expect([unknown.code, unknown.stdout]).toEqual([1, ''])
    expect(unknown.stderr).toContain('there is: latest, v0,')
    expect((await run('embed', 'Shop', '--version', 'v0', '--floating', 'v0')).code).toBe(2)
    expect((await run('embed', 'Shop', '--floating', 'v0')).stdout).toContain('/cdn/v0/embed.js"')
  })

  test('of the command itself is printed where it stands alone', async () => {
    const outputs = await Promise.all([place.run(['--version']), place.run(['-V'])])
    for (const { code, stdout } of outputs) expect([code, stdout.trim()]).toEqual([0, '0.1.0'])
  })
})
