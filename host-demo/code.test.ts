/** Code in answers: in colours that can be read, fetched when there is some, and copied as it was. */
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { audit } from './testing/audit.ts'
import { type Chat, chatOfTag, chatOnPage } from './testing/chat.ts'
import { findBrowser } from './testing/browser.ts'
import { type Demo, openDemo } from './testing/demo.ts'
import { documents } from './testing/documents.ts'

const folder = process.env['PICTURES']

const code = `// How many lamps are there?
export async function lamps(shop: Shop, least = 3): Promise<number> {
  const found = await shop.search('lamp', { kind: "desk" })
  return found.length > least ? found.length : null
}`
const patch = '-const old = 1\n+const now = 2'
const said = `Like this:

\`\`\`ts
${code}
\`\`\`

Then:

\`\`\`diff
${patch}
\`\`\`

And nothing else:

\`\`\`
plain <b>words</b>
\`\`\``

const desktop = { viewport: { width: 900, height: 820 } }
const looks = [
  { name: 'light', colorScheme: 'light', ...desktop },
  { name: 'dark', colorScheme: 'dark', ...desktop },
  { name: 'right-to-left', locale: 'ar', ...desktop },
  { name: 'contrast-light', colorScheme: 'light', contrast: 'more', ...desktop },
  { name: 'contrast-dark', colorScheme: 'dark', contrast: 'more', ...desktop },
  { name: 'forced-colours', forcedColors: 'active', ...desktop },
] as const

describe.skipIf(!findBrowser())('code in an answer', () => {
  let demo: Demo
  beforeAll(async () => {
    demo = await openDemo({ model: 'repeat', documents })
  })
  afterAll(() => demo?.close())

  const blocks = ({ answers }: Chat) => answers.last().locator('.code')
  async function answered(chat: Chat): Promise<void> {
    await chat.open()
    await chat.ask(said)
    await chat.answered()
    await blocks(chat).first().locator('.code-keyword').first().waitFor()
    await blocks(chat).nth(1).locator('.code-inserted').waitFor()
  }

  it.for(looks)('can be read by everybody: $name', async ({ name, ...look }) => {
    const { page, troubles, strangers, close } = await demo.visit('/federated-plain', look)
    const chat = chatOnPage(page)
    await answered(chat)
    await blocks(chat).first().hover()
    expect(await audit(page)).toEqual([])
    if (folder) await page.screenshot({ path: `${folder}/code-${name}.png` })
    expect(troubles).toEqual([])
    expect(strangers).toEqual([])
    await close()
  })

  it.for(['/script-tag', '/strict-csp'])('has its colours fetched once there is some: %s', async (path) => {
    const { page, troubles, close } = await demo.visit(path)
    const fetched: string[] = []
    page.on('request', (request) => {
      if (/highlight/.test(request.url())) fetched.push(new URL(request.url()).pathname)
    })
    const chat = chatOfTag(page)
    await chat.open()
    await chat.ask('What is `inline`?')
    await chat.answered()
    expect(fetched).toEqual([])
    await chat.ask(said)
    await chat.answered(2)
    await blocks(chat).first().locator('.code-keyword').first().waitFor()
    expect(fetched).toHaveLength(1)
    expect(await blocks(chat).last().locator('span[class]').count()).toBe(0)
    expect(troubles).toEqual([])
    await close()
  })

  it.for([
    { path: '/federated-plain', chatOf: chatOnPage },
    { path: '/script-tag', chatOf: chatOfTag },
  ])('is copied and read as plain text: $path', async ({ path, chatOf }) => {
    const { page, troubles, close } = await demo.visit(path, { permissions: ['clipboard-read', 'clipboard-write'] })
    const chat = chatOf(page)
    await answered(chat)
    expect(await blocks(chat).locator('pre').allTextContents()).toEqual([code, patch, 'plain <b>words</b>'])
    const button = blocks(chat).first().getByRole('button')
    await button.focus()
    await button.press('Enter')
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(code)
    expect(await button.evaluate((it) => it.matches(':focus'))).toBe(true)
    expect(troubles).toEqual([])
    await close()
  })
})
