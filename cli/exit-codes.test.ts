import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CommanderError } from 'commander'
import { afterAll, describe, expect, test } from 'vitest'
import { complain } from './problems.ts'
import { createProgram } from './program.ts'
import { createPlace } from './testing/command.ts'

type Command = ReturnType<typeof createProgram>

const place = createPlace()
const folder = mkdtempSync(join(tmpdir(), 'aside-exit-'))
const file = (name: string, text = '') => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await place.clean()
})

const childrenOf = (command: Command) => command.commands.filter((it) => !it.name().startsWith('__'))
const all = (command: Command): Command[] => [command, ...childrenOf(command).flatMap(all)]
const pathOf = (command: Command): string[] => (command.parent ? [...pathOf(command.parent), command.name()] : [])
const commands = all(createProgram()).slice(1)
const pathsOf = (some: Command[]) => some.map((it) => pathOf(it).join(' '))

/** As `run` does it, without leaving the process: each of the commands, many times. */
async function exitOf(args: string[]): Promise<{ exit: number; said: string; hint: string | undefined }> {
  const program = createProgram()
  let said = ''
  for (const it of all(program))
    it.configureOutput({ writeOut: (text) => (said += text), writeErr: (text) => (said += text) })
  try {
    await program.parseAsync(args, { from: 'user' })
    return { exit: 0, said, hint: undefined }
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return { exit: 0, said, hint: undefined }
    const { exit, hint } = complain(error, 'aside')
    return { exit, said, hint }
  }
}

describe.for(pathsOf(commands))('aside %s', (path) => {
  const words = path.split(' ')

  test('prints its help, with what it is for and an example of its own, and ends with 0', async () => {
    const { exit, said } = await exitOf([...words, '--help'])
    expect(exit).toBe(0)
    const { [words.length - 1]: last = '' } = words
    const command = commands.find((it) => pathOf(it).join(' ') === path)!
    expect(command.description(), 'one line, in words').toMatch(/^[^\n]{10,160}$/)
    if (childrenOf(command).length === 0 || command.options.length > 0)
      expect(said).toMatch(new RegExp(`Examples?:\\n(.*\\n)*?.*aside ${words.slice(0, -1).join(' ')} ?${last}`))
  })

  test('ends with 2 for an option there is none of', async () => {
    expect((await exitOf([...words, '--no-such-thing'])).exit).toBe(2)
  })
})

test.for(pathsOf(commands.filter((it) => childrenOf(it).length > 0 && it.options.length === 0)))(
  'aside %s, which only has commands below it, ends with 2 without one, and with one there is none of',
  async (path) => {
    for (const more of [[], ['nonsense']]) expect((await exitOf([...path.split(' '), ...more])).exit).toBe(2)
  },
)

const given: Record<string, string> = {
  app: 'Shop',
  tenant: 'Acme',
  name: 'New',
  email: 'anna@acme.example',
  agent: 'anna@acme.example',
  role: 'admin',
  key: 'ci',
  origins: 'https://shop.example',
  n: '2',
  percent: '20',
  paths: file('doc.md', '# A'),
  names: 'doc.md',
  question: 'Hello?',
  subject: 'user-1',
  token: 'x.y.z',
}
const nobody = (kind: string) => `${kind}_${'0'.repeat(26)}`
const special: Record<string, string[]> = {
  apply: ['--file', file('acme.yaml', 'tenant: Acme\n')],
  backup: [join(folder, 'new.db')],
  erase: [nobody('vis'), '--yes'],
  chat: ['Shop', 'Hello?'],
  'config import': [file('config.yaml', 'temperature: 1\n')],
  'config set': ['temperature=1'],
  'config split': ['2', '20'],
  'identity verify': ['x.y.z'],
  'identity secret revoke': [nobody('ids')],
  'privacy export': ['visitor', nobody('vis'), '-o', join(folder, 'new.ndjson')],
  'privacy erase': [nobody('vis'), '--yes'],
  'privacy hold add': [nobody('vis'), '--reason', 'case'],
  'privacy hold release': [nobody('hld')],
}
/** Of this machine, or of what is typed: they ask no server. `doctor` tells of one it cannot reach, as a check that is not ok. */
const local = ['serve', 'doctor', 'cdn build', 'restore', 'migrate', 'completion', 'agent accept', 'identity mint']
const asking = commands.filter(
  (it) => (childrenOf(it).length === 0 || it.options.length > 0) && !local.includes(pathOf(it).join(' ')),
)

test.for(asking.map((it) => [pathOf(it).join(' '), it] as const))(
  'aside %s ends with 3 where the server cannot be reached',
  async ([path, command]) => {
    const needed = command.registeredArguments.filter((it) => it.required)
    const args = special[path] ?? needed.map((it) => given[it.name()] ?? `no value for ${it.name()}`)
    const at = ['--url', 'http://127.0.0.1:1', '--key', 'as_op_none']
    const { exit, hint } = await exitOf([...path.split(' '), ...args, ...at])
    expect([exit, hint]).toEqual([3, expect.stringContaining('aside serve')])
  },
)

test('the program itself: help is 0, what does not exist is 2, what is not there is 1', async () => {
  for (const [code, ...args] of [
    [0],
    [0, '--help'],
    [0, '--version'],
    [0, 'help', 'config', 'set'],
    [0, 'tenant', 'list'],
    [1, 'tenant', 'show', 'Nobody'],
    [2, 'nonsense'],
    [2, 'help', 'nonsense'],
    [2, 'tenant', 'create', ''],
    [2, 'config', 'activate', 'two'],
    [2, 'tenant', 'list', '--url', 'http://127.0.0.1:1'],
    [3, 'doctor', 'http://127.0.0.1:1/'],
  ] as [number, ...string[]][]) {
    const ended = await place.run(args)
    expect([args, ended.code], ended.stderr).toEqual([args, code])
    if (code > 0) expect(ended.stdout).toBe('')
  }
}, 60_000)
