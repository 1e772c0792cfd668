/**
 * `embed.js`, the whole cost of the tag until a visitor wants to chat: a bubble, a queue of commands, and an iframe made on
 * first intent. Nothing else is requested and nothing is stored before that.
 */
import { createShim, type Shim } from './shim.ts'
import { readTag } from './tag.ts'

type Command = Exclude<keyof Shim, 'key'>
type Call = [name: string, ...rest: never[]]

interface Aside {
  /** `Aside('open')`, or `Aside('app_….open')` for one of several. `on` returns the way out, everything else a promise. */
  (...call: Call): unknown
  /** Calls from before this file was there, or for a widget that is not there yet. */
  q?: Call[]
  shims?: Shim[]
}

const page = window as { Aside?: Aside }

function start(script: HTMLOrSVGScriptElement | null): void {
  const tag = script instanceof HTMLScriptElement && readTag(script)
  if (!tag) return
  const before = page.Aside
  const shims = before?.shims ?? []
  // The same tag once more, by a router that puts the page together again.
  if (shims.some(({ key }) => key === tag.key)) return

  const aside: Aside =
    (before?.shims && before) ||
    ((...call) => {
      const [name, ...rest] = call
      const [command, key] = name.split('.').reverse() as [Command, string?]
      const shim = shims.find((one) => !key || one.key === key)
      if (!shim) return void aside.q?.push(call)
      return (shim[command] as ((...rest: never[]) => unknown) | undefined)?.(...rest)
    })
  aside.shims = shims
  shims.push(
    createShim(tag, (shim) => {
      shims.splice(shims.indexOf(shim), 1)
      if (shims.length === 0 && page.Aside === aside) delete page.Aside
    }),
  )
  const waiting = before?.q ?? []
  aside.q = []
  page.Aside = aside
  for (const call of waiting) aside(...call)
}

const { currentScript } = document
if (document.body) start(currentScript)
else document.addEventListener('DOMContentLoaded', () => start(currentScript))
