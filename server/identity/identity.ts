import { Fault, type Identity, type IdentityDay, type IdentityMode, type IdentityVerdict } from '@aside/protocol'
import { type Edge, type Log, rowsOf, type Scope } from '../platform/index.ts'
import type { LiveApp, Tenancy } from '../tenancy/index.ts'
import { IdentityCounts } from './entities.ts'
import { presentDay } from './present.ts'
import type { Secrets } from './secrets.ts'
import { readToken } from './token.ts'

const countRows = rowsOf(IdentityCounts)
const DAY_MS = 86_400_000

/** Who a visitor is, on the word of a token: what it said, and which secret stands for it. */
export interface Proof {
  secretId: string
  subject: string
  email: string | undefined
  name: string | undefined
}

export interface VersionedIdentity {
  identity: Identity
  /** The app's. */
  version: number
}

export interface Identities {
  readonly secrets: Secrets
  /** Throws `not_found`. */
  read(scope: Scope, appId: string): Promise<VersionedIdentity>
  /** Throws `not_found`, and `precondition_failed` where the app is not at the `expected` version. */
  enforce(scope: Scope, appId: string, mode: IdentityMode, expected?: number): Promise<VersionedIdentity>
  /** For the owner: whether a token is good, and if not, why. Throws `not_found`. */
  check(scope: Scope, appId: string, token: string): Promise<IdentityVerdict>
  /** For the owner: the last `days` days, the oldest first. Throws `not_found`. */
  report(scope: Scope, appId: string, days: number): Promise<IdentityDay[]>
  /**
   * Who begins a session; undefined is somebody anonymous. Throws `identity_invalid` and `identity_required` as the app's mode
   * has it. Whoever is `trusted`, a backend with a key, needs no token.
   */
  admit(scope: Scope, app: LiveApp, token: string | undefined, trusted: boolean): Promise<Proof | undefined>
  /** Who signs in. Throws `identity_invalid`. */
  prove(scope: Scope, app: LiveApp, token: string): Promise<Proof>
  /** Within the transaction that acts on a proof: throws `identity_invalid` where its secret was revoked meanwhile. */
  hold(tx: Scope, proof: Proof): Promise<void>
}

/** Whatever is wrong: a forger learns nothing from it. */
const invalid = () => new Fault('identity_invalid', 'The identity token is not good')

const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10)

interface Parts {
  edge: Edge
  log: Log
  tenancy: Tenancy
  secrets: Secrets
}

export function createIdentities({ edge, log, tenancy, secrets }: Parts): Identities {
  const { identityModes } = tenancy

  /** One row for each app, day and outcome. */
  async function count(scope: Scope, app: LiveApp, outcome: string): Promise<void> {
    if (app.identityMode !== 'observe') return
    await scope.sql(
      `insert into identity_counts (tenant_id, app_id, day, outcome, count) values (?, ?, ?, ?, 1)
       on conflict (app_id, day, outcome) do update set count = identity_counts.count + 1 returning count`,
      [app.id, dayOf(edge.now()), outcome],
    )
  }

  const read = (scope: Scope, appId: string, token: string) =>
    readToken(token, { appId, now: edge.now(), secretOf: (kid) => secrets.find(scope, appId, kid) })

  /** What the token proves, counted; undefined where it proves nothing. */
  async function weigh(scope: Scope, app: LiveApp, token: string): Promise<Proof | undefined> {
    const found = await read(scope, app.id, token)
    await count(scope, app, found.ok ? 'verified' : found.reason)
    if (found.ok) {
      const { sub, email, name } = found.claims
      return { secretId: found.secretId, subject: sub, email: email ?? undefined, name: name ?? undefined }
    }
    log.info('identity-refused', { appId: app.id, reason: found.reason })
    return undefined
  }

  async function show(scope: Scope, appId: string, { mode, version }: { mode: IdentityMode; version: number }) {
    return { identity: { mode, secrets: await secrets.active(scope, appId) }, version }
  }

  return {
    secrets,

    read: async (scope, appId) => show(scope, appId, await identityModes.read(scope, appId)),

    enforce: async (scope, appId, mode, expected) =>
      show(scope, appId, await identityModes.set(scope, appId, mode, expected)),

    async check(scope, appId, token) {
      await identityModes.read(scope, appId)
      const found = await read(scope, appId, token)
      return found.ok ? { ok: true, claims: found.claims } : found
    },

    async report(scope, appId, days) {
      await identityModes.read(scope, appId)
      const now = edge.now()
      const wanted = Array.from({ length: days }, (_, i) => dayOf(now - (days - 1 - i) * DAY_MS))
      const rows = await countRows.find(scope, { appId, day: { gte: wanted[0] } })
      return wanted.map((day) =>
        presentDay(
          day,
          rows.filter((it) => it.day === day),
        ),
      )
    },

    async admit(scope, app, token, trusted) {
      if (token === undefined) {
        if (trusted) return undefined
        if (app.identityMode === 'enforce')
          throw new Fault('identity_required', 'This app asks for a signed identity: give an identity token')
        await count(scope, app, 'missing')
        return undefined
      }
      const proof = await weigh(scope, app, token)
      if (!proof && app.identityMode !== 'observe') throw invalid()
      return proof
    },

    async prove(scope, app, token) {
      const proof = await weigh(scope, app, token)
      if (!proof) throw invalid()
      return proof
    },

    async hold(tx, { secretId }) {
      if (!(await secrets.hold(tx, secretId))) throw invalid()
    },
  }
}
