import type { Context } from 'koa'
import type Router from 'koa-router'
import { chooseWidget, Fault, isFault, readWidget } from '@aside/protocol'
import { rateHeaders, type Rates, tooOften } from '../limits/index.ts'
import { addressKey, type Route, serve } from '../platform/index.ts'
import type { LiveApp } from '../tenancy/index.ts'
import type { Cdn } from './cdn.ts'
import { headersOf } from './cdn-headers.ts'
import { embedPage } from './embed-page.ts'
import { choose } from './encodings.ts'
import type { Widgets } from './widgets.ts'

export const widgetRoutes = (widgets: Widgets): Route[] => [
  serve(readWidget, async ({ scope, params, version }) => {
    const found = await widgets.read(scope, params.appId)
    version(found.version)
    return found.widget
  }),
  serve(chooseWidget, async ({ scope, params, body, expected, version }) => {
    const found = await widgets.choose(scope, params.appId, body, expected)
    version(found.version)
    return found.widget
  }),
]

/**
 * What can be told of a browser that has nothing of ours yet, and is to be given nothing before it agrees: from where it comes and as
 * what. It is not kept. Undefined for what does not say what it is.
 */
function browserOf(ctx: Context): string | undefined {
  const agent = ctx.get('User-Agent')
  return agent === '' ? undefined : [addressKey(ctx.ip), agent, ctx.get('Accept-Language')].join('\n')
}

async function sendFile(ctx: Context, cdn: Cdn, path: string): Promise<void> {
  const found = cdn.find(path)
  const encoding = found && choose(ctx.get('Accept-Encoding'), found.asset.encodings)
  const bytes = found && (await found.asset.read(encoding))
  if (!found || !bytes) {
    // A page that asks with CORS is told that it is not there, instead of nothing; and asks again once it may be.
    ctx.set({ ...headersOf(path, new Set()), 'Cache-Control': 'no-store' })
    throw new Fault('not_found', 'No such file')
  }
  const { asset, headers } = found
  ctx.set(headers)
  // Other bytes, another tag (RFC 9110, 8.8.3.3).
  ctx.set('ETag', encoding ? `"${asset.hash}-${encoding}"` : `"${asset.hash}"`)
  ctx.set('Vary', 'Accept-Encoding')
  ctx.status = 200
  if (ctx.fresh) {
    ctx.status = 304
    return
  }
  ctx.type = asset.type
  if (encoding) ctx.set('Content-Encoding', encoding)
  ctx.body = bytes
}

/** Files and pages for browsers: they are addressed, not called, so they stand beside the contract's endpoints. */
export function fileRoutes(
  router: Router,
  { cdn, widgets }: { cdn: Cdn; widgets: Widgets },
  addressed: (address: string) => Promise<{ app: LiveApp; key: { env: 'live' | 'test' } | undefined }>,
  /** The API's address; undefined where it is that of the files. */
  apiUrl: () => string | undefined,
  rates: Rates,
): void {
  router.get(/^\/cdn\/(.+)$/, (ctx) => sendFile(ctx, cdn, ctx.path.slice('/cdn/'.length)))

  router.get('/embed/:appId', async (ctx) => {
    // It looks an app up for whoever asks, as the contract's endpoints for pages do, and is counted with them.
    const standing = await rates.take('look', { ip: ctx.ip })
    if (standing) {
      ctx.set(rateHeaders(standing))
      if (!standing.counted.admitted) throw tooOften(standing.counted.nextMs)
    }
    const address = String(ctx['params'].appId)
    let found: Awaited<ReturnType<typeof addressed>> | undefined
    try {
      found = await addressed(address)
    } catch (error) {
      if (!isFault(error) || error.code !== 'app_not_found') throw error
    }
    const release = widgets.releaseFor(found?.app, browserOf(ctx))
    const page = embedPage(found && { ...found, address }, release, apiUrl())
    ctx.set(page.headers)
    ctx.status = found ? 200 : 404
    ctx.type = 'html'
    ctx.body = page.html
  })
}
