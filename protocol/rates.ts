/** How often an endpoint may be asked: each belongs to one class, and a class has its limits. */
import type { Endpoint } from './endpoint.ts'

/** What is counted together: a session's requests, an address's (IPv6: its /64), a key's (or agent's), an app's. */
export type RatePer = 'session' | 'address' | 'key' | 'app'

export interface Rate {
  readonly per: RatePer
  /** In the long run, so many a minute. */
  readonly perMinute: number
  /** And at once, where nothing was asked for a while, so many. */
  readonly burst: number
}

/**
 * The narrowest first: who is refused by the first has used nothing of the others. An app's is a ceiling over all its visitors,
 * however many addresses and sessions they come from.
 */
export const rates = {
  /** What a page asks before it has a session. */
  look: [{ per: 'address', perMinute: 600, burst: 200 }],
  start: [
    { per: 'address', perMinute: 60, burst: 20 },
    { per: 'app', perMinute: 6_000, burst: 1_000 },
  ],
  read: [{ per: 'session', perMinute: 600, burst: 100 }],
  write: [{ per: 'session', perMinute: 120, burst: 40 }],
  /** What makes a model answer. */
  ask: [
    { per: 'session', perMinute: 30, burst: 10 },
    { per: 'address', perMinute: 300, burst: 100 },
    { per: 'app', perMinute: 6_000, burst: 1_000 },
  ],
  /** Files: what fills a disk. */
  upload: [
    { per: 'session', perMinute: 30, burst: 10 },
    { per: 'address', perMinute: 60, burst: 30 },
    { per: 'app', perMinute: 600, burst: 200 },
  ],
  stream: [{ per: 'session', perMinute: 60, burst: 20 }],
  admin: [{ per: 'key', perMinute: 1_200, burst: 200 }],
  /** Where somebody proves who they are: what cannot be counted is refused. */
  login: [{ per: 'address', perMinute: 10, burst: 10 }],
  /** Not of an endpoint: tokens, keys and apps that are none. Past it an address is refused before anything is looked up. */
  guess: [{ per: 'address', perMinute: 30, burst: 30 }],
} as const satisfies Record<string, readonly Rate[]>

export type RateClass = keyof typeof rates
export const rateClasses = Object.keys(rates) as RateClass[]

/** The class an endpoint says, else that of its access and method. Undefined where nothing is counted. */
export function rateOf({ rate, access, method, stream }: Endpoint): RateClass | undefined {
  if (rate !== undefined) return rate === 'none' ? undefined : rate
  switch (access) {
    case 'public':
      return 'look'
    case 'page':
      return method === 'GET' ? 'look' : 'start'
    case 'visitor':
      return stream ? 'stream' : method === 'GET' ? 'read' : 'write'
    case 'secret':
    case 'agent':
      return 'admin'
    case 'refresh':
      return 'look'
    case 'operator':
      return undefined
  }
}
