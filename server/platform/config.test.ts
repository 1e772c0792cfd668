import { execFile } from 'node:child_process'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { rates } from '@aside/protocol'
import { ConfigProblems, parseConfig } from './config.ts'

const problemsOf = (env: Record<string, string>) => {
  try {
    parseConfig(env)
    return []
  } catch (error) {
    if (!(error instanceof ConfigProblems)) throw error
    return error.problems
  }
}

describe('the configuration', () => {
  it('needs nothing to be set, and has no secret of its own', () => {
    expect(parseConfig({})).toEqual({
      dataDir: resolve('.data'),
      host: '127.0.0.1',
      port: 8787,
      publicUrl: undefined,
      embedUrl: undefined,
      studioUrl: undefined,
      log: 'info',
      database: { kind: 'sqlite', file: resolve('.data/aside.db') },
      maxTurns: 1_200,
      maxQueuedTurns: 200,
      trustedProxies: 0,
      rates,
      openai: undefined,
    })
  })

  it('reads how often who may ask: as a whole, or a limit alone', () => {
    expect(parseConfig({ ASIDE_RATES: 'off' }).rates).toBeUndefined()
    expect(parseConfig({ ASIDE_RATES: '3' }).rates?.start[0]).toEqual({ per: 'address', perMinute: 180, burst: 60 })
    const own = { ASIDE_RATE_ASK_SESSION: '6/2', ASIDE_RATE_ASK_ADDRESS: 'off', ASIDE_RATE_START_ADDRESS: '5' }
    expect(parseConfig(own).rates).toMatchObject({
      ask: [
        { per: 'session', perMinute: 6, burst: 2 },
        { per: 'app', perMinute: 6_000, burst: 1_000 },
      ],
      start: [{ per: 'address', perMinute: 5, burst: 5 }, { per: 'app' }],
      read: rates.read,
    })
    expect(problemsOf({ ASIDE_RATES: 'yes', ASIDE_RATE_ASK_SESSION: '1/0', ASIDE_RATE_ASK_PLANET: '1' })).toEqual([
      'ASIDE_RATES: expected on, off, or a number that all of them are multiplied by',
      'ASIDE_RATE_ASK_SESSION: expected 30 (a minute), 30/10 (a minute, and at once), or off',
      'ASIDE_RATE_ASK_PLANET: no such setting',
    ])
  })

  it('takes what is set and empty for what is not set', () => {
    expect(parseConfig({ ASIDE_PORT: '', DATABASE_URL: '', OPENAI_API_KEY: '' })).toEqual(parseConfig({}))
  })

  it('takes hosts of their own for the frame and the studio, and nothing where they are the public one', () => {
    const ASIDE_PUBLIC_URL = 'https://chat.example'
    const { embedUrl, studioUrl } = parseConfig({
      ASIDE_PUBLIC_URL,
      ASIDE_EMBED_URL: 'https://EMBED.example/',
      ASIDE_STUDIO_URL: 'https://chat.example:443',
    })
    expect([embedUrl, studioUrl]).toEqual(['https://embed.example', undefined])
    expect(problemsOf({ ASIDE_EMBED_URL: 'https://embed.example' })).toEqual([
      'ASIDE_EMBED_URL: needs ASIDE_PUBLIC_URL beside it, the address of the API',
    ])
    const same = { ASIDE_PUBLIC_URL, ASIDE_EMBED_URL: 'https://e.example', ASIDE_STUDIO_URL: 'https://e.example/' }
    expect(problemsOf(same)).toEqual([expect.stringContaining('ASIDE_STUDIO_URL: must not be')])
    for (const wrong of ['https://embed.example/path', 'embed.example', 'ftp://embed.example', 'https://e.example?a'])
      expect(problemsOf({ ASIDE_PUBLIC_URL, ASIDE_EMBED_URL: wrong })).toEqual([
        'ASIDE_EMBED_URL: expected an address without a path, like https://embed.example',
      ])
  })

  it('leaves other programs’ variables alone', () => {
    expect(parseConfig({ PATH: '/bin', PORT: 'x', NODE_ENV: 'y' })).toEqual(parseConfig({}))
  })

  it.for([
    ['sqlite:/var/lib/a.db', { kind: 'sqlite', file: '/var/lib/a.db' }],
    ['sqlite:///var/lib/a.db', { kind: 'sqlite', file: '/var/lib/a.db' }],
    ['sqlite:here.db', { kind: 'sqlite', file: resolve('here.db') }],
    ['file:here.db', { kind: 'sqlite', file: resolve('here.db') }],
    ['postgres://u:p@h/n', { kind: 'postgres', url: 'postgres://u:p@h/n' }],
    ['postgresql://u@h:5433/n?sslmode=require', { kind: 'postgres', url: 'postgresql://u@h:5433/n?sslmode=require' }],
  ] as const)('reads the store from %s', ([url, database]) => {
    expect(parseConfig({ DATABASE_URL: url }).database).toEqual(database)
  })

  it('answers with a provider where its key is given, and drops the slash of its address', () => {
    const env = { OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'http://127.0.0.1:11434/v1/', ASIDE_MODEL: 'llama' }
    expect(parseConfig(env).openai).toEqual({ apiKey: 'k', baseUrl: 'http://127.0.0.1:11434/v1', model: 'llama' })
  })

  it('says all that is wrong at once, each by its name and what is expected', () => {
    const problems = problemsOf({
      ASIDE_PORT: '70000',
      ASIDE_LOG: 'loud',
      ASIDE_PUBLIC_URL: 'chat.example',
      ASIDE_MAX_TURNS: '-1',
      ASIDE_TRUSTED_PROXIES: 'many',
      DATABASE_URL: 'mysql://h/n',
      OPENAI_BASE_URL: 'http://127.0.0.1/v1',
      ASIDE_PROT: '1',
    })
    const names = problems.map((it) => it.split(':')[0]).sort()
    expect(names).toEqual(
      [
        'ASIDE_LOG',
        'ASIDE_MAX_TURNS',
        'ASIDE_PORT',
        'ASIDE_PROT',
        'ASIDE_PUBLIC_URL',
        'ASIDE_TRUSTED_PROXIES',
        'DATABASE_URL',
        'OPENAI_BASE_URL',
      ].sort(),
    )
    expect(problems.join('\n')).toMatch(/at most 65535/)
    expect(problems.join('\n')).toMatch(/sqlite:path/)
  })

  it('never repeats a value in what it says: it may be a secret in the wrong place', () => {
    const env = { DATABASE_URL: 'mysql://root:hunter2@h/n', ASIDE_LOG: 'hunter2', ASIDE_PORT: 'hunter2' }
    expect(problemsOf(env)).toHaveLength(3)
    expect(problemsOf(env).join()).not.toContain('hunter2')
  })

  it('ends a server that has problems with exit code 2 and one line for each', async () => {
    const env = { PATH: process.env['PATH'] ?? '', ASIDE_PORT: 'x', ASIDE_LOG: 'y' }
    const main = join(import.meta.dirname, '../main.ts')
    const failed = await promisify(execFile)(process.execPath, [main], { env }).catch((error: unknown) => error)
    expect(failed).toMatchObject({ code: 2, stdout: '' })
    const { stderr } = failed as { stderr: string }
    expect(stderr).toMatch(/^aside: The configuration has 2 problems:\n {2}ASIDE_PORT: .*\n {2}ASIDE_LOG: .*\n$/)
  })
})
