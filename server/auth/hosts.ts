/** Which hostname answers what, where the frame, the API and the studio have names of their own: each a wall to the others. */
import type { Middleware } from 'koa'
import { Fault } from '@aside/protocol'

export interface Addresses {
  /** Where browsers reach the API, and everything that has no address of its own. */
  api: () => string
  /** Of the iframe's document. Nothing there sets a cookie or answers for an agent. */
  embed: string | undefined
  studio: string | undefined
  /** What this process itself listens on: how commands of its own machine call it. */
  listens: () => string
}

/** Paths are matched without regard to case, as the router does. */
const frame = /^\/embed\//i
const studio = /^\/studio(\/|$)/i
const onEmbed = /^\/(embed|cdn)\//i
const onStudio = /^\/(studio(\/|$)|v1\/)/i
/** Load balancers ask by address. */
const forBalancers = /^\/(healthz|readyz)$/i

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/

/** As a browser sends it, once with and once without the port that goes without saying. */
const hostsOf = (address: string): string[] => {
  const { host, hostname, port, protocol } = new URL(address)
  return port === '' ? [host, `${hostname}:${protocol === 'https:' ? 443 : 80}`] : [host]
}

/**
 * Does nothing where all have one name. Else everything is `not_found` on a name that is not ours, and on one of ours what
 * belongs to another; on the machine itself all is answered. The `Host` header counts and no other: a proxy has to pass it on.
 */
export function createHosts({ api, embed, studio: studioUrl, listens }: Addresses): Middleware {
  if (embed === undefined && studioUrl === undefined) return (_ctx, next) => next()

  function answers(host: string, path: string): boolean {
    if (forBalancers.test(path)) return true
    if (embed !== undefined && hostsOf(embed).includes(host)) return onEmbed.test(path)
    if (studioUrl !== undefined && hostsOf(studioUrl).includes(host)) return onStudio.test(path)
    if (hostsOf(api()).includes(host))
      return !(embed !== undefined && frame.test(path)) && !(studioUrl !== undefined && studio.test(path))
    return loopback.test(host) || hostsOf(listens()).includes(host)
  }

  return (ctx, next) => {
    // Koa's own reading of it takes what comes before an @ for a name.
    const host = (ctx.req.headers.host ?? '').toLowerCase()
    if (!answers(host, ctx.path)) throw new Fault('not_found', 'There is nothing here')
    return next()
  }
}
