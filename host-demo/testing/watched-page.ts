/** Pages whose every trouble is written down: what the console says, what the policy refuses, what goes to foreign hosts. */
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { openBrowsers } from './browser.ts'

export interface WatchedPage {
  readonly page: Page
  readonly context: BrowserContext
  /** Errors and warnings of the console, errors nobody caught, violations of the page's policy. */
  readonly troubles: string[]
  /** Requests to other hosts than the shop and its server. */
  readonly strangers: string[]
  close(): Promise<void>
}

export interface WatchedBrowser {
  visit(url: string, options?: BrowserContextOptions): Promise<WatchedPage>
  close(): Promise<void>
}

const isLocal = (url: string) => /^(data|blob|about):/.test(url)

export function openBrowser(origins: string[]): WatchedBrowser {
  const browsers = openBrowsers()
  return {
    async visit(url, options) {
      const browser = await browsers.for(options ?? {})
      const context = await browser.newContext({ viewport: { width: 1_280, height: 800 }, locale: 'en-GB', ...options })
      context.setDefaultTimeout(15_000)
      const troubles: string[] = []
      const strangers: string[] = []
      context.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) troubles.push(`${message.type()}: ${message.text()}`)
      })
      context.on('weberror', (error) => {
        const text = String(error.error())
        // What Firefox itself says in the console comes the same way as what nobody caught.
        const isOfBrowser = /^(Content-Security-Policy|Cross-Origin Request Blocked)/.test(text)
        troubles.push(`${isOfBrowser ? 'error' : 'uncaught'}: ${text}`)
      })
      context.on('request', (request) => {
        const { origin } = new URL(request.url())
        if (!origins.includes(origin) && !isLocal(request.url())) strangers.push(request.url())
      })
      // Every frame reports into the console, where it is picked up above.
      await context.addInitScript(() =>
        addEventListener('securitypolicyviolation', (event) =>
          // eslint-disable-next-line no-console -- the way out of the page
          console.error(`policy: ${event.effectiveDirective} ${event.blockedURI} ${event.sample}`),
        ),
      )
      const page = await context.newPage()
      await page.goto(url)
      return { page, context, troubles, strangers, close: () => context.close() }
    },
    close: () => browsers.close(),
  }
}
