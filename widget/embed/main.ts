/**
 * `embed.js`, the whole cost of the tag until a visitor wants to chat: a bubble, a queue of commands, and an iframe made on
 * first intent. Nothing else is requested and nothing is stored before that.
 */
import type { AsideGlobal, Widget } from '../sdk.ts'
import { createShim } from './shim.ts'
import { keyOf } from './tag.ts'

type Call = [command: keyof Widget, ...rest: unknown[]]

const page: Window = window
const { dataset, src } = document.currentScript as HTMLScriptElement
const key = keyOf(dataset)
const name = dataset['name'] || key!
const { widgets = {}, q = [] } = page.Aside ?? {}

// The same tag once more, by a router that puts the page together again, changes nothing.
if (key && !widgets[name]) {
  const aside = (command: keyof Widget, ...rest: unknown[]) =>
    (Object.values(widgets)[0]?.[command] as ((...rest: unknown[]) => unknown) | undefined)?.(...rest)
  // A copy of what the tag says: what is set later is not the tag's.
  widgets[name] = createShim(key, src, { ...dataset }, () => {
    delete widgets[name]
    if (!Object.keys(widgets)[0]) delete page.Aside
  })
  aside.widgets = widgets
  page.Aside = aside as AsideGlobal
  for (const call of q as Iterable<Call>) aside(...call)
}
