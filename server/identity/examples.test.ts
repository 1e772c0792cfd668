import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createIdentitySecret, enforceIdentity, verifyIdentity } from '@aside/protocol'
import { type Aside, type Owner, startAside } from '../testing/aside.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/identity.md'), 'utf8')
const run = promisify(execFile)

/** By the word after the fence: where its program lies, and what runs it. */
const languages: Record<string, { file: string; command: string; before?: string[] }> = {
  js: { file: 'identity.mjs', command: process.execPath },
  python: { file: 'identity.py', command: 'python3' },
  php: { file: 'identity.php', command: 'php' },
  ruby: { file: 'identity.rb', command: 'ruby' },
  go: { file: 'identity.go', command: 'go', before: ['run'] },
  java: { file: 'IdentityToken.java', command: 'java' },
}

/** The first block of each language, which is the one that mints. */
const programOf = (language: string) => new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'ms').exec(page)?.[1]

let aside: Aside
let owner: Owner
let secret: string
const folder = mkdtempSync(join(tmpdir(), 'aside-examples-'))
beforeAll(async () => {
  aside = await startAside()
  owner = await aside.owner()
  const appId = owner.app.id
  ;({ secret } = await owner.client.call(createIdentitySecret, { query: {}, body: { appId } }))
  await owner.client.call(enforceIdentity, { params: { appId }, query: {}, body: { mode: 'enforce' } })
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await aside?.stop()
})

async function isThere(command: string): Promise<boolean> {
  return run('sh', ['-c', `command -v ${command}`]).then(
    () => true,
    () => false,
  )
}

it('lets in whom the documentation’s programs sign for, in every language this machine has', async () => {
  const ran: string[] = []
  for (const [language, { file, command, before = [] }] of Object.entries(languages)) {
    const program = programOf(language)
    expect(program, language).toContain('aside-id+jwt')
    if (!(await isThere(command))) continue
    const path = join(folder, file)
    writeFileSync(path, program!.replaceAll('app_…', owner.app.id))
    const env = { PATH: process.env['PATH'], HOME: process.env['HOME'] ?? folder, ASIDE_IDENTITY_SECRET: secret }
    const { stdout } = await run(command, [...before, path], { env, timeout: 60_000 })
    const body = { appId: owner.app.id, token: stdout.trim() }
    expect(await owner.client.call(verifyIdentity, { query: {}, body }), language).toMatchObject({
      ok: true,
      claims: { sub: 'customer-7', email: 'ada@shop.example', name: 'Ada "the first"' },
    })
    expect((await owner.visitor(undefined, body.token)).session.identity?.verified, language).toBe(true)
    ran.push(language)
  }
  expect(ran).toContain('js')
}, 120_000)
