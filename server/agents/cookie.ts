/** The refresh token's cookie: no script can read it, no other site can have it sent. */
import type { Context } from 'koa'

const shape = /^art_[A-Za-z0-9_-]{43}$/

export interface Cookie {
  /** Undefined where there is none that could be ours. */
  read(ctx: Context): string | undefined
  /** Without a token it is taken away. */
  write(ctx: Context, given?: { token: string; maxAgeMs: number }): void
}

export function createCookie(publicUrl: () => string): Cookie {
  const isSecure = () => publicUrl().startsWith('https:')
  /** `__Host-` ties it to this very host, and asks for https; on the plain http of one's own machine there is none. */
  const name = () => (isSecure() ? '__Host-aside-refresh' : 'aside-refresh')
  return {
    read(ctx) {
      const value = ctx.cookies.get(name())
      return value !== undefined && shape.test(value) ? value : undefined
    },
    // By hand: Koa sends no `Secure` cookie where a proxy before it does the TLS.
    write(ctx, { token, maxAgeMs } = { token: '', maxAgeMs: 0 }) {
      const parts = [
        `${name()}=${token}`,
        'Path=/',
        `Max-Age=${Math.floor(maxAgeMs / 1_000)}`,
        'HttpOnly',
        'SameSite=Strict',
        ...(isSecure() ? ['Secure'] : []),
      ]
      ctx.append('Set-Cookie', parts.join('; '))
    },
  }
}
