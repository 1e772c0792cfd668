/** The page in a real Chromium, where there is one: what it refuses, what it draws, what it remembers. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BrowserContext, Page, Request } from 'playwright-core'
import { EXIT, Problem } from '../problems.ts'
import type { Embedding } from './embeddings.ts'
import { type Finding, notesOf, quoted } from './finding.ts'

const { ok, warn, fail } = notesOf('browser')

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']

/** `ASIDE_CHROMIUM`, else the first Chromium or Chrome on the path. */
export function findChromium(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const given = env['ASIDE_CHROMIUM']
  if (given) return existsSync(given) ? given : undefined
  const folders = [...(env['PATH'] ?? '').split(delimiter), '/usr/bin', '/snap/bin']
  const macs = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome']
  return [...folders.flatMap((folder) => names.map((name) => join(folder, name))), ...macs].find((it) => existsSync(it))
}

export interface Seen {
  findings: Finding[]
  /** The page's source as scripts have made it. */
  html: string
  /** What no source shows: a remote that a script of the page has imported, and the app it asked for. */
  imported: Embedding[]
}

/** As a visitor's, and not a private window, in which browsers keep from frames what they give them else. */
async function launch(profile: string): Promise<BrowserContext> {
  const executablePath = findChromium()
  const absent = (message: string, hint: string) => new Problem('no_browser', message, { hint, exit: EXIT.refused })
  if (!executablePath)
    throw absent('there is no Chromium on this machine', 'install one, or name it: ASIDE_CHROMIUM=/path/to/chromium')
  const playwright = await import('playwright-core').catch((cause: unknown) => {
    throw new Problem('no_browser', 'playwright-core is not installed, which drives the browser', {
      hint: 'npm install playwright-core, or leave --browser out',
      cause,
    })
  })
  return playwright.chromium.launchPersistentContext(profile, {
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  })
}

/** Throws a `Problem` where there is no browser. The visitor it plays sends nothing. */
export async function look(url: URL, timeoutMs: number): Promise<Seen> {
  const profile = mkdtempSync(join(tmpdir(), 'aside-doctor-'))
  let context: BrowserContext | undefined
  try {
    context = await launch(profile)
    context.setDefaultTimeout(timeoutMs)
    const troubles: string[] = []
    const asked: Request[] = []
    context.on('request', (request) => void asked.push(request))
    context.on('console', (message) => {
      if (message.type() === 'error') troubles.push(quoted(message.text()))
    })
    const page = await context.newPage()
    await page.goto(url.href, { waitUntil: 'load' }).catch((cause: unknown) => {
      throw new Problem('page_unreachable', `the browser cannot open ${url.href}`, { exit: EXIT.unreachable, cause })
    })
    const found = await useChat(page, timeoutMs, () => asked.some((it) => it.url().endsWith('/v1/sessions')))
    const refused = [...new Set(troubles)].filter((it) =>
      /content security policy|frame-ancestors|x-frame-options|cors policy|trusted ?type|mixed content|integrity/i.test(
        it,
      ),
    )
    const said = refused.slice(0, 10).map((it) => fail('console', it))
    return {
      html: await page.content(),
      imported: importedBy(asked),
      findings: [
        ...found,
        ...(said.length > 0 ? said : [ok('console', 'the browser refused nothing that concerns policies')]),
      ],
    }
  } finally {
    await context?.close()
    rmSync(profile, { recursive: true, force: true })
  }
}

/** A remote begins with a session, and says for which app. */
function importedBy(asked: Request[]): Embedding[] {
  const script = asked.map((it) => it.url()).find((it) => /\/remoteEntry\.js(\?|$)/.test(it))
  for (const request of asked) {
    const server = /^(.+)\/v1\/sessions$/.exec(request.url())?.[1]
    const address = /"appId":"([^"\s]+)"/.exec(request.postData() ?? '')?.[1]
    if (script !== undefined && server !== undefined && address !== undefined)
      return [{ way: 'federated', script: new URL(script), address, server: new URL(server) }]
  }
  return []
}

/** What the tag leaves on the page: `Aside.widgets`, by app. */
interface Tagged {
  Aside?: { widgets?: Record<string, { open(): void }> }
}

async function useChat(page: Page, timeoutMs: number, hasBegun: () => boolean): Promise<Finding[]> {
  const timeout = Math.min(timeoutMs, 10_000)
  const tagged = page.waitForFunction(
    () => Object.keys((window as Tagged).Aside?.widgets ?? {}).length > 0,
    undefined,
    {
      timeout,
    },
  )
  // Found through shadow roots.
  const drawn = page.locator('.aside .panel, .aside .launcher').first().waitFor({ timeout })
  const launcher = await Promise.any([tagged.then(() => 'tag' as const), drawn.then(() => 'element' as const)]).catch(
    () => undefined,
  )
  if (!launcher)
    return [
      fail(
        'launcher',
        'neither a bubble nor a chat appeared',
        'the findings about the page say why; else look into the browser’s console',
      ),
    ]
  if (launcher === 'element') {
    // One that floats begins when somebody wants it.
    await page
      .locator('.aside .launcher')
      .first()
      .click({ timeout: 1_000 })
      .catch(() => undefined)
    for (let waits = 0; !hasBegun() && waits < 50; waits++) await sleep(100)
    return [ok('launcher', 'the chat stands on the page'), await checkStorage(page, 'the page')]
  }

  await page.evaluate(() => Object.values((window as Tagged).Aside!.widgets!)[0]!.open()).catch(() => undefined)
  const frameOf = () => page.frames().find((it) => /\/embed\//.test(it.url()))
  const isReady = async () =>
    frameOf()
      ?.locator('.panel')
      .first()
      .isVisible()
      .catch(() => false)
  const giveUpAt = Date.now() + Math.min(timeoutMs, 12_000)
  while (!(await isReady()) && Date.now() < giveUpAt) await sleep(100)
  const bubble = ok('launcher', 'the bubble appeared')
  if (!(await isReady()))
    return [
      bubble,
      fail(
        'frame',
        'the frame was opened, and the chat in it did not get ready',
        'the findings about page and app say why; else look into the browser’s console',
      ),
    ]
  return [
    bubble,
    ok('frame', 'the frame was opened, and the chat in it is ready'),
    await checkStorage(frameOf() ?? page, 'the frame'),
  ]
}

async function checkStorage(where: Pick<Page, 'evaluate'>, name: string): Promise<Finding> {
  const works = await where
    .evaluate(() => {
      try {
        localStorage.setItem('aside-doctor', '1')
        localStorage.removeItem('aside-doctor')
        return true
      } catch {
        return false
      }
    })
    .catch(() => false)
  return works
    ? ok('storage', `${name} may keep the session`)
    : warn(
        'storage',
        `${name} may keep nothing: the conversation ends with the page`,
        'browsers that block all storage do that; look for a sandbox around the page',
      )
}
