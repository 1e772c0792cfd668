/**
 * `embed.js`, the whole cost of the tag until a visitor wants to chat: a bubble, a queue of commands, and an iframe made on
 * first intent. Nothing else is requested and nothing is stored before that.
 */
import { createShim, type Shim } from './shim.ts'
import { keyOf } from './tag.ts'

type Call = [command: keyof Shim, ...rest: unknown[]]

interface Aside {
  /** `Aside('open')` goes to the first widget of the page; `Aside.apps['app_…'].open()` to a certain one. */
  (...call: Call): unknown
  /** Calls from before this file was there. */
  q?: Iterable<Call>
  apps?: Record<string, Shim>
}

const page = window as { Aside?: Aside }
const { dataset, src } = document.currentScript as HTMLScriptElement
const key = keyOf(dataset)

const { apps = {}, q = [] } = page.Aside ?? {}

// The same tag once more, by a router that puts the page together again, changes nothing.
if (key && !apps[key]) {
  const aside: Aside = (command, ...rest) =>
    (Object.values(apps)[0]?.[command] as ((...rest: unknown[]) => unknown) | undefined)?.(...rest)
  apps[key] = createShim(key, new URL(src).origin, dataset, () => {
    delete apps[key]
    if (!Object.keys(apps)[0]) delete page.Aside
  })
  aside.apps = apps
  page.Aside = aside
  for (const call of q) aside(...call)
}
