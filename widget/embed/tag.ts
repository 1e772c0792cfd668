/** What a tag says: `<script src="…/embed.js" data-app="app_…" async>`. */

export interface Tag extends DOMStringMap {
  app?: string
  widgetId?: string
  projectId?: string
  apiKey?: string
  /** Who the visitor is: a JWT that the page's own server signed. */
  identity?: string
  /** The same by another name. `user` and `project`, where they are given, must be its `sub` and `aud`. */
  sig?: string
  user?: string
  project?: string
  /** Where Aside is, if not where this file comes from. */
  server?: string
  locale?: string
  theme?: string
  position?: string
  /** Of the bubble, until the app's own is known. */
  color?: string
  /** Present: opens by itself. */
  open?: string
  /** `inline`: into `target`; `page`: over the whole window. Neither has a bubble. */
  mode?: string
  /** Where an inline one goes: a CSS selector. */
  target?: string
  /** What toggles it in place of the bubble: a CSS selector. */
  launcher?: string
  /** `false`: nothing is stored before `setConsent(true)`. */
  consent?: string
  /** What it is called in `Aside.widgets`. */
  name?: string
  zIndex?: string
  /** What the bubble is called, in the language of the page. */
  label?: string
}

/**
 * The app's public id, or a publishable key. Nothing, and one line in the console, where there is none or the key is one
 * that must not be seen.
 */
export function keyOf({ app, widgetId, projectId, apiKey }: Tag): string | undefined {
  const key = app || widgetId || projectId || apiKey
  if (key && !(key + apiKey).includes('as_sk_')) return key
  // eslint-disable-next-line no-console -- the only place an integrator would look
  console.error(`Aside: ${key ? 'revoke this secret key, use as_pk_' : 'no data-app'}`)
  return undefined
}
