import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Aside, ORIGIN, type Owner, startAside } from '@aside/server/testing/aside'
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
    expect(await offered(['key', 'create', 'ci', '--scope', 'chat', 'sources', ':'])).toEqual(['read', 'write'])
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
    expect(await offered(['config', 'activate', ''], env)).toEqual(['1'])
    expect(await offered(['config', 'show', '--number', ''], env)).toEqual(['1'])
    expect(await offered(['key', 'revoke', ''], env)).toEqual(['tests'])
    // Bash takes the colon for a word of its own, and puts what is offered behind the last one.
    expect(await offered(['origin', 'remove', 'Shop', ''], env)).toEqual([ORIGIN])
    expect(await offered(['origin', 'remove', 'Shop', 'https', ':', '//'], env)).toEqual([ORIGIN.replace('https:', '')])
  })

  test('offers the commands that there is help of', async () => {
    expect(await offered(['help', 'co'])).toEqual(['config', 'completion'])
    expect(await offered(['help', 'config', 'ro'])).toEqual(['rollback'])
  })
})

/** Standard output of a shell that runs `script`, where `aside` can be found. */
function shell(command: string, args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = {
      PATH: `${bin}:${process.env['PATH']}`,
      HOME: bin,
      TERM: 'dumb',
      ASIDE_URL: aside.url,
      ASIDE_KEY: owner.secret,
    }
    const child = spawn(command, args, { cwd: bin, env })
    let said = ''
    let wrong = ''
    child.stdout.on('data', (it: Buffer) => (said += it.toString()))
    child.stderr.on('data', (it: Buffer) => (wrong += it.toString()))
    child.once('error', reject)
    child.once('close', (code) =>
      code === 0 ? resolve(said) : reject(new Error(`${command} ended with ${code}: ${wrong}`)),
    )
  })
}
const isThere = (command: string) => spawnSync(command, ['-c', 'exit 0']).status === 0
const withoutIt = (command: string) =>
  isThere(command) ? '' : `, which is not on this machine: apt-get install ${command}`

describe.skipIf(!isThere('fish'))(`fish with the completion script${withoutIt('fish')}`, () => {
  const offer = async (line: string) => {
    const said = await shell('fish', ['--no-config', '-c', `aside completion fish | source; complete -C '${line}'`])
    return said
      .split('\n')
      .filter(Boolean)
      .map((it) => it.split('\t')[0])
  }

  test('offers commands, what options can be, files, and names', async () => {
    expect(await offer('aside config ro')).toEqual(['rollback'])
    expect(await offer('aside completion ')).toEqual(['bash', 'fish', 'zsh'])
    expect(await offer('aside key create ci --env ')).toEqual(['live', 'test'])
    expect(await offer('aside source add o')).toEqual(['other.md'])
    expect(await offer('aside app show S')).toEqual(['Shop'])
    expect(await offer('aside origin remove Shop https:')).toEqual([ORIGIN])
  })
})

describe.skipIf(!isThere('zsh'))(`zsh with the completion script${withoutIt('zsh')}`, () => {
  /** What the line has become once Tab was pressed at a terminal, as the line editor has it. */
  const completed = async (line: string) => {
    const setUp = [
      'PS1=; unsetopt prompt_sp; autoload -Uz compinit; compinit -u -D',
      'source <(aside completion zsh)',
      'tell() { print -r -- "LINE<$BUFFER>" }; zle -N tell; bindkey "^O" tell; print -r -- REA""DY',
    ].join('; ')
    const script = `zmodload zsh/zpty
      until_said() { local said; while zpty -r z said; do [[ $said == *$1* ]] && { print -r -- $said; return }; done }
      zpty z zsh -f -i
      zpty -w z ${quote(setUp)}
      until_said READY >/dev/null
      zpty -w -n z ${quote(`${line}\t\u000f`)}
      until_said 'LINE<'
      zpty -d z`
    const said = await shell('zsh', ['-f', '-c', script])
    return /LINE<(.*)>/.exec(said)?.[1]?.trimEnd()
  }
  const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`

  test('completes commands, what options can be, files, and names', { timeout: 60_000 }, async () => {
    expect(await completed('aside config ro')).toBe('aside config rollback')
    expect(await completed('aside completion f')).toBe('aside completion fish')
    expect(await completed('aside key create ci --env l')).toBe('aside key create ci --env live')
    expect(await completed('aside source add o')).toBe('aside source add other.md')
    expect(await completed('aside app show S')).toBe('aside app show Shop')
    expect(await completed('aside origin remove Shop h')).toBe(`aside origin remove Shop ${ORIGIN}`)
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
