/**
 * `embed.js`, the whole cost of the tag until a visitor wants to chat: a bubble, a queue of commands, and an iframe made on
 * first intent. Nothing else is requested and nothing is stored before that.
 */
import { bare } from '@aside/protocol/bare'
import type { AsideGlobal, Widget } from '../sdk.ts'
import { createShim } from './shim.ts'
import { keyOf, type Tag } from './tag.ts'

type Call = [command: keyof Widget, ...rest: unknown[]]

const page: Window = window
// Not of the document itself: an element of the page may be called that.
const { dataset, src } = Reflect.get(Document.prototype, 'currentScript', document) as HTMLScriptElement
// A copy of what the tag says, and of nothing else: what is set later is not the tag's, nor is what the page gave all objects.
const tag: Tag = bare({ ...dataset })
const key = keyOf(tag)
const name = tag.name || key!
// The page may have a form of this name: of that nothing is copied.
const { widgets = bare<Record<string, Widget>>({}), q = [] } = bare({ ...page.Aside })

// The same tag once more, by a router that puts the page together again, changes nothing.
if (key && !widgets[name]) {
  const aside = (command: keyof Widget, ...rest: unknown[]) =>
    (Object.values(widgets)[0]?.[command] as (...rest: unknown[]) => unknown)?.(...rest)
  widgets[name] = createShim(key, src, tag, () => {
    delete widgets[name]
    if (!Object.keys(widgets)[0]) delete page.Aside
  })
  aside.widgets = widgets
  page.Aside = aside as AsideGlobal
  for (const call of q as Iterable<Call>) aside(...call)
}
