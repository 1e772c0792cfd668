/** What a tag says: `<script src="…/embed.js" data-app="app_…" async>`. */

export interface Tag {
  /** The app's public id, or a publishable key. */
  key: string
  /** The server's origin: where the script came from. */
  server: string
  locale?: string | undefined
  theme?: string | undefined
  left: boolean
  color: string
  /** Open by itself. */
  open: boolean
  zIndex: string
}

/** Nothing, and one line in the console, where there is no app or the key is one that must not be seen. */
export function readTag({ dataset, src }: HTMLScriptElement): Tag | undefined {
  const { app, widgetId, projectId, apiKey, locale, theme, position, color, open, zIndex } = dataset
  const key = app || widgetId || projectId || apiKey
  const problem = [app, widgetId, projectId, apiKey].some((one) => one?.startsWith('as_sk_'))
    ? 'this is a secret key, and everybody can read it here. Revoke it, and use data-app="app_…" or a publishable key (as_pk_…).'
    : !key && 'data-app="app_…" is missing.'
  if (problem || !key) {
    // eslint-disable-next-line no-console -- the only place an integrator would look
    console.error(`Aside: ${problem}`)
    return undefined
  }
  return {
    key,
    server: new URL(src).origin,
    locale,
    theme,
    left: position === 'left',
    color: color && CSS.supports('color', color) ? color : '#4353d9',
    open: open !== undefined && open !== 'false',
    zIndex: String(Number(zIndex) || 2147483000),
  }
}
