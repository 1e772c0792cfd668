import { spawn } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Aside, type Owner, startAside } from '@aside/server/testing/aside'
import { createPlace } from './testing/command.ts'

const place = createPlace()
let aside: Aside
let owner: Owner
let bin: string

beforeAll(async () => {
  aside = await startAside()
  owner = await aside.owner()
  bin = place.folder({ 'tenant file.yaml': '', 'other.md': '' })
  const command = join(bin, 'aside')
  writeFileSync(command, `#!/bin/sh\nexec ${process.execPath} ${join(import.meta.dirname, 'main.ts')} "$@"\n`)
  chmodSync(command, 0o755)
})
afterAll(async () => {
  await aside.stop()
  await place.clean()
})

/** What bash would offer for these words, the last of which is being typed. */
function offered(words: string[], env: Record<string, string> = {}): Promise<string[]> {
  const script = `source <(aside completion bash)
    complete -p aside >/dev/null || exit 9
    COMP_WORDS=(aside "$@"); COMP_CWORD=$#
    _aside_complete
    printf '%s\\n' "\${COMPREPLY[@]}"`
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['--norc', '-c', script, 'bash', ...words], {
      cwd: bin,
      env: { PATH: `${bin}:${process.env['PATH']}`, ASIDE_DATA_DIR: place.dataDir, ...env },
    })
    let said = ''
    child.stdout.on('data', (it: Buffer) => (said += it.toString()))
    child.once('error', reject)
    child.once('close', (code) =>
      code === 0 ? resolve(said.split('\n').filter(Boolean)) : reject(new Error(`bash ended with ${code}`)),
    )
  })
}

describe('bash with the completion script', () => {
  test('offers commands, their own commands, and nothing hidden', async () => {
    expect(await offered(['co'])).toEqual(['config', 'completion'])
    expect(await offered(['config', 'ro'])).toEqual(['rollback'])
    expect(await offered(['__'])).toEqual([])
  })

  test('offers options, and what they can be', async () => {
    expect(await offered(['config', 'set', '--a'])).toEqual(['--app', '--activate'])
    expect(await offered(['key', 'create', 'ci', '--env', ''])).toEqual(['live', 'test'])
    expect(await offered(['key', 'create', 'ci', '--scope', 'chat', 'sources:'])).toEqual([
      'sources:read',
      'sources:write',
    ])
    expect(await offered(['completion', ''])).toEqual(['bash', 'zsh', 'fish'])
  })

  test('offers files where a file is meant', async () => {
    expect(await offered(['apply', '-f', 't'])).toEqual(['tenant file.yaml'])
    expect(await offered(['source', 'add', 'o'])).toEqual(['other.md'])
  })

  test('offers the names of what a running server has, and none where there is no server', async () => {
    const env = { ASIDE_URL: aside.url, ASIDE_KEY: owner.secret }
    expect(await offered(['app', 'show', 'S'], env)).toEqual(['Shop'])
    expect(await offered(['config', 'list', '--app', ''], env)).toEqual(['Shop'])
    expect(await offered(['config', 'list', '--app', '=', 'S'], env)).toEqual(['Shop'])
    expect(await offered(['app', 'show', 'S'])).toEqual([])
  })
})

test('every shell has its script, and another one is refused', async () => {
  for (const shell of ['bash', 'zsh', 'fish'])
    expect(await place.run(['completion', shell])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('__complete'),
    })
  expect(await place.run(['completion', 'cmd'])).toMatchObject({ code: 2, stdout: '' })
})
