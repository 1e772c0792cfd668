/** axe-core in every frame of a page, against WCAG 2.2 AA. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type axe from 'axe-core'
import type { Page } from 'playwright-core'

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

/** One line for each element that fails a rule; looks into shadow roots, and at each frame on its own. */
export async function audit(page: Page): Promise<string[]> {
  await page.waitForTimeout(100)
  const found: string[] = []
  for (const frame of page.frames()) {
    await frame.evaluate(settle)
    await frame.evaluate(source)
    const results: axe.AxeResults = await frame.evaluate(
      (values) => window.axe.run(document, { runOnly: { type: 'tag', values }, iframes: false }),
      tags,
    )
    for (const { id, nodes } of results.violations)
      for (const { target, failureSummary } of nodes) found.push(`${id}: ${JSON.stringify(target)} ${failureSummary}`)
  }
  return found
}

/** What is on its way in or out is neither here nor there. What moves for as long as it is there is. */
async function settle(): Promise<void> {
  const rootsIn = (root: Document | ShadowRoot): (Document | ShadowRoot)[] => [
    root,
    ...[...root.querySelectorAll('*')].flatMap((it) => (it.shadowRoot ? rootsIn(it.shadowRoot) : [])),
  ]
  const animations = rootsIn(document).flatMap((root) => root.getAnimations())
  const passing = animations.filter((it) => it.effect?.getComputedTiming().endTime !== Infinity)
  await Promise.allSettled(passing.map((it) => it.finished))
}

declare global {
  interface Window {
    axe: typeof axe
  }
}
