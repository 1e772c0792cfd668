import { existsSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { builtWidget } from './cdn-folder.ts'
import { choose, type Encoding, isPacked } from './encodings.ts'
import { channelsOf, filesOf, isHashed, resolveVersion } from './versions.ts'

describe('versions of the widget', () => {
  const versions = ['0.1.0', '0.1.2', '0.1.10', '0.2.0-rc.1', '0.2.0', '1.0.0-beta.2', '0.3.0-rc.1']

  it('move latest, the major and the minor on to the newest, and to no pre-release', () => {
    expect(Object.fromEntries(channelsOf(versions))).toEqual({
      latest: '0.2.0',
      v0: '0.2.0',
      'v0.2': '0.2.0',
      'v0.1': '0.1.10',
      ...Object.fromEntries(versions.map((it) => [`v${it}`, it])),
    })
    expect([...channelsOf(['1.0.0-rc.1']).keys()]).toEqual(['v1.0.0-rc.1'])
  })

  it.for([
    ['latest', '0.2.0', false],
    ['v0.1', '0.1.10', false],
    ['v0.1.2', '0.1.2', false],
    ['v1.0.0-beta.2', '1.0.0-beta.2', false],
    ['v0.1.5', '0.2.0', true],
    ['v0.9', '0.2.0', true],
    ['v7.1.0', '0.2.0', true],
    ['v1', '0.2.0', true],
  ] as const)('are found by what is asked for, or by the next best: %s is %s', ([wanted, version, isGone]) => {
    expect(resolveVersion(channelsOf(versions), wanted)).toEqual({ version, isGone })
  })

  it('are none where there is none, and a pre-release where there is nothing else', () => {
    expect(resolveVersion(channelsOf([]), 'latest')).toBeUndefined()
    expect(resolveVersion(channelsOf(['1.0.0-rc.1']), 'latest')).toEqual({ version: '1.0.0-rc.1', isGone: false })
  })

  it('keep their chunks under the names that move on, for pages that began before', () => {
    const releases = [
      { version: '1.0.0', names: ['a.js', 'a-part-AAAAAAAA.js', 'a-same-SAMESAME.js'] },
      { version: '1.1.0', names: ['a.js', 'a-part-BBBBBBBB.js', 'a-same-SAMESAME.js'] },
      { version: '1.2.0-rc.1', names: ['a.js', 'a-part-CCCCCCCC.js'] },
    ]
    expect(Object.fromEntries(filesOf('v1', releases))).toEqual({
      'a.js': '1.1.0',
      'a-part-BBBBBBBB.js': '1.1.0',
      'a-same-SAMESAME.js': '1.1.0',
      'a-part-AAAAAAAA.js': '1.0.0',
    })
    expect([...filesOf('v1.0', releases).values()]).toEqual(['1.0.0', '1.0.0', '1.0.0'])
    expect([...filesOf('v1.1.0', releases).keys()]).toEqual(releases[1]!.names)
  })

  it.runIf(existsSync(builtWidget))('have a hash in the name of every file that nobody asks for by its name', () => {
    const names = readdirSync(builtWidget).filter((name) => !isPacked(name))
    expect(names.filter((name) => !isHashed(name))).toEqual(
      [
        'aside-chat.iife.js',
        'aside-chat.js',
        'chatwoot.js',
        'embed-port.js',
        'embed.js',
        'frame.js',
        'integrity.json',
        'intercom.js',
        'remoteEntry.js',
      ].sort(),
    )
  })
})

describe('the form of a file', () => {
  const both: Encoding[] = ['br', 'gzip']
  it.for([
    ['gzip, deflate, br, zstd', both, 'br'],
    ['gzip, deflate', both, 'gzip'],
    ['br;q=0.5, gzip;q=0.8', both, 'gzip'],
    ['br;q=0, gzip', both, 'gzip'],
    ['*', both, 'br'],
    ['*;q=0.5, br;q=0', both, 'gzip'],
    ['GZIP', both, 'gzip'],
    ['identity;q=1, gzip;q=0.5', both, undefined],
    ['gzip;q=0', both, undefined],
    ['gzip;q=2, br;q=x', both, undefined],
    ['deflate, zstd', both, undefined],
    ['', both, undefined],
    ['br', ['gzip'], undefined],
    ['br, gzip', [], undefined],
    ['identity;q=0', both, undefined],
  ] as [string, Encoding[], Encoding | undefined][])('asked for with "%s", of %s, is %s', ([header, there, chosen]) => {
    expect(choose(header, there)).toBe(chosen)
  })
})
