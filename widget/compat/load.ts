/** Brings the script tag in, for a page that was written for another product, and hands over its widget. */
import type { ContextChange, Widget } from '../sdk.ts'

const own = document.currentScript as HTMLScriptElement

export const server = new URL(own.src).origin

/** What the tag of this very file says. */
export const tag = own.dataset

/** `data` as on Aside's own tag; what is undefined is left out. */
export function load(data: Record<string, string | undefined>): Promise<Widget> {
  const script = document.createElement('script')
  for (const name in data) if (data[name] !== undefined) script.dataset[name] = data[name]
  script.nonce = own.nonce
  script.async = true
  script.src = new URL('embed.js', own.src).href
  document.head.append(script)
  return new Promise((resolve, reject) => {
    script.onerror = () => reject(new Error('network'))
    script.onload = () => {
      const widget = window.Aside?.widgets?.[data['app']!]
      if (widget) resolve(widget)
      else reject(new Error('no widget'))
    }
  })
}

/** None is drawn, and nothing on the page is one. */
export const NO_LAUNCHER = 'aside-none'

/** What a page said of its visitor, in plain values: what is more than that goes as JSON. */
export const contextOf = (said: Record<string, unknown>): ContextChange =>
  Object.fromEntries(
    Object.entries(said).flatMap(([name, it]) => {
      if (it === null || typeof it === 'string' || typeof it === 'number' || typeof it === 'boolean')
        return [[name, it]]
      const json: string | undefined = JSON.stringify(it)
      return json === undefined ? [] : [[name, json]]
    }),
  )
