import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type BuildShop, createBuildShop } from '../testing/widget-builds.ts'
import { publish } from './cdn-folder.ts'

describe('publishing', () => {
  let shop: BuildShop
  beforeEach(() => {
    shop = createBuildShop()
  })
  afterEach(() => shop.clean())

  const add = (version: string, more?: string) => publish({ from: shop.build(version, more), folder: shop.cdn })
  const read = (path: string) => readFileSync(join(shop.cdn, path), 'utf8')
  const beside = () => readdirSync(dirname(shop.cdn)).filter((name) => name.includes(basename(shop.cdn)))
  const refused = (work: Promise<unknown>) =>
    work.then(
      () => 'done',
      (error: { code?: string }) => error.code,
    )

  it('puts each version beside the others, and moves the names on to the newest, never to a pre-release', async () => {
    const first = await add('0.1.0')
    expect(first).toMatchObject({ version: '0.1.0', outcome: 'added', channels: { latest: '0.1.0', v0: '0.1.0' } })
    await add('0.2.0')
    // A mend of an older one is not the newest of all.
    await add('0.1.1')
    const last = await add('0.3.0-rc.1')
    expect(last.versions).toEqual(['0.3.0-rc.1', '0.2.0', '0.1.1', '0.1.0'])
    expect(readdirSync(shop.cdn).sort()).toEqual(
      [
        '_headers',
        'integrity.json',
        'latest',
        'v0',
        'v0.1',
        'v0.1.0',
        'v0.1.1',
        'v0.2',
        'v0.2.0',
        'v0.3.0-rc.1',
      ].sort(),
    )
    const held = (channel: string) => /embed.js of (\S+)/.exec(read(`${channel}/embed.js`))?.[1]
    expect(['latest', 'v0', 'v0.1', 'v0.2', 'v0.1.0', 'v0.3.0-rc.1'].map(held)).toEqual([
      '0.2.0',
      '0.2.0',
      '0.1.1',
      '0.2.0',
      '0.1.0',
      '0.3.0-rc.1',
    ])
    expect(JSON.parse(read('v0.1/integrity.json')).version).toBe('0.1.1')
    expect(JSON.parse(read('integrity.json')).versions['0.1.0'].files['embed.js']).toBe(
      JSON.parse(read('v0.1.0/integrity.json')).files['embed.js'],
    )
    expect(beside()).toEqual(['published', 'published-maps'])
  })

  it('packs every text, where that makes it smaller, and keeps the same bytes once', async () => {
    const { files } = await add('0.1.0')
    const embed = files.find((it) => it.name === 'embed.js')!
    for (const form of ['br', 'gzip'] as const) expect(embed[form]).toBeLessThan(embed.sizeBytes)
    for (const { name } of files)
      for (const folder of ['latest', 'v0.1.0']) {
        const [plain, gz, br] = ['', '.gz', '.br'].map((end) => readFileSync(join(shop.cdn, folder, name + end)))
        expect(gunzipSync(gz!).equals(plain!), name).toBe(true)
        expect(brotliDecompressSync(br!).equals(plain!), name).toBe(true)
      }
    expect(statSync(join(shop.cdn, 'latest/embed.js')).ino).toBe(statSync(join(shop.cdn, 'v0.1.0/embed.js')).ino)
  })

  it('keeps the source maps apart, unless they are to be published', async () => {
    const { maps } = await add('0.1.0')
    expect(maps).toBe(`${shop.cdn}-maps/v0.1.0`)
    expect(readdirSync(maps!)).toEqual(['embed.js.map', 'frame.js.map'])
    expect(read('_headers')).not.toContain('SourceMap')
    const open = await publish({ from: shop.build('0.1.1'), folder: shop.cdn, withMaps: true })
    expect(open.maps).toBe(join(shop.cdn, 'maps/v0.1.1'))
    expect(read('_headers')).toContain('/v0.1.1/embed.js\n  SourceMap: ../maps/v0.1.1/embed.js.map\n')
    await add('0.2.0')
    expect(readdirSync(join(shop.cdn, 'maps'))).toEqual(['v0.1.1'])
  })

  it('changes nothing of a version that was published, and nothing at all when it refuses', async () => {
    await add('0.1.0')
    const before = readFileSync(join(shop.cdn, 'v0.1.0/embed.js'))
    expect((await add('0.1.0')).outcome).toBe('unchanged')
    const from = shop.build('0.1.0', 'changed')
    const refusal = publish({ from, folder: shop.cdn })
    await expect(refusal).rejects.toThrow(/^v0\.1\.0 was published before, with other bytes in .*embed\.js/)
    expect(await refused(refusal)).toBe('version_exists')
    expect(readFileSync(join(shop.cdn, 'v0.1.0/embed.js')).equals(before)).toBe(true)
    expect(beside()).toEqual(['published', 'published-maps'])
  })

  it('touches no folder that is somebody else’s, and in its own leaves what its owner put there', async () => {
    mkdirSync(shop.cdn)
    writeFileSync(join(shop.cdn, 'thesis.txt'), 'two years of work')
    expect(await refused(add('0.1.0'))).toBe('not_ours')
    // That of one build is not that of a folder with several.
    expect(await refused(publish({ from: shop.build('0.1.0'), folder: shop.build('0.2.0') }))).toBe('not_ours')
    expect(await refused(publish({ from: shop.build('0.1.0'), folder: join(shop.cdn, 'thesis.txt') }))).toBe('not_ours')
    expect(readdirSync(shop.cdn)).toEqual(['thesis.txt'])
    rmSync(join(shop.cdn, 'thesis.txt'))
    await add('0.1.0')
    mkdirSync(join(shop.cdn, '.well-known'))
    writeFileSync(join(shop.cdn, '.well-known/security.txt'), 'Contact: us')
    await add('0.2.0')
    expect(read('.well-known/security.txt')).toBe('Contact: us')
  })

  it('publishes no build that is not there, or not what its hashes say', async () => {
    expect(await refused(publish({ from: join(shop.cdn, 'nowhere'), folder: shop.cdn }))).toBe('widget_not_built')
    const from = shop.build('0.1.0')
    writeFileSync(join(from, 'frame.js'), 'changed by hand')
    const refusal = publish({ from, folder: shop.cdn })
    await expect(refusal).rejects.toThrow('frame.js is not what integrity.json says')
    expect(await refused(refusal)).toBe('widget_damaged')
    const odd = shop.build('0.1.0')
    const index = JSON.parse(readFileSync(join(odd, 'integrity.json'), 'utf8'))
    for (const changes of [{ version: '../../etc' }, { version: 'latest' }, { files: { '../x.js': 'sha384-x' } }]) {
      writeFileSync(join(odd, 'integrity.json'), JSON.stringify({ ...index, ...changes }))
      expect(await refused(publish({ from: odd, folder: shop.cdn })), JSON.stringify(changes)).toBe('widget_damaged')
    }
    expect(existsSync(shop.cdn)).toBe(false)
  })

  it('forgets a version whose folder its owner took away', async () => {
    for (const version of ['0.1.0', '0.2.0']) await add(version)
    rmSync(join(shop.cdn, 'v0.2.0'), { recursive: true })
    const { versions, channels } = await add('0.1.1')
    expect([versions, channels['latest']]).toEqual([['0.1.1', '0.1.0'], '0.1.1'])
    expect(existsSync(join(shop.cdn, 'v0.2'))).toBe(false)
  })

  it('is done by one at a time, and goes on from where one died', async () => {
    await add('0.1.0')
    const building = join(dirname(shop.cdn), '.published.building')
    mkdirSync(building)
    // Some process that lives: the one that runs the tests.
    writeFileSync(join(building, 'pid'), String(process.ppid))
    expect(await refused(add('0.2.0'))).toBe('busy')
    // It died after it had taken the old folder away.
    writeFileSync(join(building, 'pid'), '2147483646')
    mkdirSync(join(building, 'next'))
    renameSync(shop.cdn, join(building, 'before'))
    expect((await add('0.2.0')).versions).toEqual(['0.2.0', '0.1.0'])
    expect(existsSync(building)).toBe(false)
    const together = await Promise.all([refused(add('0.3.0')), refused(add('0.4.0'))])
    expect(together.sort()).toEqual(['busy', 'done'])
    expect(readdirSync(shop.cdn).filter((it) => /^v0\.[34]\.0$/.test(it))).toHaveLength(1)
  })
})
