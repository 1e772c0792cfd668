/** A page of the shop whose tag, or element, says something else than usual. */
import type { Page } from 'playwright-core'
import type { Demo } from './demo.ts'
import type { WatchedPage } from './watched-page.ts'

type Attributes = Record<string, string>

/** What the tag or element says from the next load of the page on. */
export const say = (page: Page, attributes: Attributes): Promise<void> =>
  page.evaluate((it) => sessionStorage.setItem('attributes', JSON.stringify(it)), attributes)

/** Opens `path` in a browser of its own; the attributes are there before anything of the chat runs. */
export async function visitSaying(demo: Demo, path: string, attributes: Attributes): Promise<WatchedPage> {
  const visit = await demo.visit('/config.json')
  await say(visit.page, attributes)
  await visit.page.addInitScript(() => {
    // Firefox shows an empty page on its way from one to the other, and that one has no storage.
    if (window.parent !== window || origin === 'null') return
    const all = Object.entries(JSON.parse(sessionStorage.getItem('attributes') ?? '{}') as Attributes)
    new MutationObserver(() => {
      for (const element of document.querySelectorAll('script[data-app], aside-chat'))
        if (element.getAttribute('data-told') === null)
          for (const [name, value] of [['data-told', ''], ...all] as const) element.setAttribute(name, value)
    }).observe(document, { childList: true, subtree: true })
  })
  await visit.page.goto(`${demo.site.url}${path}`)
  // The first page is no page, and has no icon.
  const own = visit.troubles.filter((it) => !it.includes('404'))
  visit.troubles.splice(0, Infinity, ...own)
  return visit
}
