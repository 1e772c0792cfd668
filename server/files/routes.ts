import type Router from 'koa-router'
import { Fault, isFault } from '@aside/protocol'
import { rateHeaders, type Rates, tooOften } from '../limits/index.ts'
import type { LiveApp } from '../tenancy/index.ts'
import type { Cdn } from './cdn.ts'
import { embedPage } from './embed-page.ts'

/** Files and pages for browsers: they are addressed, not called, so they stand beside the contract's endpoints. */
export function fileRoutes(
  router: Router,
  cdn: Cdn,
  addressed: (address: string) => Promise<{ app: LiveApp; key: { env: 'live' | 'test' } | undefined }>,
  /** The API's address; undefined where it is that of the files. */
  apiUrl: () => string | undefined,
  rates: Rates,
): void {
  router.get(/^\/cdn\/([^/]+)\/(.+)$/, (ctx) => {
    const [channel = '', path = ''] = ctx.path.slice('/cdn/'.length).split(/\/(.*)/s)
    const found = cdn.find(channel, path)
    if (!found) throw new Fault('not_found', 'No such file')
    const { asset, isPinned } = found
    ctx.set('Access-Control-Allow-Origin', '*')
    ctx.set('Cross-Origin-Resource-Policy', 'cross-origin')
    ctx.set('Cache-Control', isPinned ? 'public, max-age=31536000, immutable' : 'public, max-age=300')
    ctx.set('ETag', asset.etag)
    ctx.set('Vary', 'Accept-Encoding')
    ctx.status = 200
    if (ctx.fresh) {
      ctx.status = 304
      return
    }
    ctx.type = asset.type
    const zipped = asset.gzip && ctx.acceptsEncodings('gzip', 'identity') === 'gzip'
    if (zipped) ctx.set('Content-Encoding', 'gzip')
    ctx.body = zipped ? asset.gzip : asset.bytes
  })

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
    const page = embedPage(found && { ...found, address }, cdn, apiUrl())
    ctx.set(page.headers)
    ctx.status = found ? 200 : 404
    ctx.type = 'html'
    ctx.body = page.html
  })
}
