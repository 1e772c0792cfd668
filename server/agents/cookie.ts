/** The refresh token's cookie: no script can read it, no other site can have it sent. */
import type { Context } from 'koa'

const shape = /^art_[A-Za-z0-9_-]{43}$/

/** `__Host-` ties it to this very host, and asks for https; on the plain http of one's own machine there is none. */
const nameFor = (publicUrl: string) => (isSecure(publicUrl) ? '__Host-aside-refresh' : 'aside-refresh')
const isSecure = (publicUrl: string) => publicUrl.startsWith('https:')

export function readRefreshCookie(ctx: Context, publicUrl: string): string | undefined {
  const value = ctx.cookies.get(nameFor(publicUrl))
  return value !== undefined && shape.test(value) ? value : undefined
}

/** Written by hand: Koa sends no `Secure` cookie where a proxy before it does the TLS. */
export function writeRefreshCookie(
  ctx: Context,
  publicUrl: string,
  cookie: { token: string; maxAgeMs: number } | undefined,
): void {
  const { token, maxAgeMs } = cookie ?? { token: '', maxAgeMs: 0 }
  const parts = [
    `${nameFor(publicUrl)}=${token}`,
    'Path=/',
    `Max-Age=${Math.floor(maxAgeMs / 1_000)}`,
    'HttpOnly',
    'SameSite=Strict',
    ...(isSecure(publicUrl) ? ['Secure'] : []),
  ]
  ctx.append('Set-Cookie', parts.join('; '))
}
