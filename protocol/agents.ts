/** The people of a tenant: what they are, and what each role may. */
import * as v from 'valibot'
import { type Scope, scopes, WorkingKey } from './admin-resources.ts'
import { id, Instant } from './ids.ts'

/** From the least to the most: each may all that those before it may. */
export const Role = v.picklist(['viewer', 'agent', 'admin', 'owner'])
export type Role = v.InferOutput<typeof Role>
export const roles = Role.options

const isReading = (scope: Scope) => scope.endsWith(':read') && scope !== 'privacy:read'

const allows: Record<Role, (scope: Scope) => boolean> = {
  viewer: isReading,
  agent: (it) => isReading(it) || it === 'chat',
  admin: (it) => it !== 'tenant:write' && it !== 'privacy:write',
  owner: () => true,
}

/** What a role may do. A viewer sees how things are set up, and nothing of what visitors may ask to have erased. */
export const scopesOf = (role: Role): readonly Scope[] => scopes.filter(allows[role])

export const MIN_PASSWORD_CHARS = 12

/** In lower case, however it was typed: one address is one agent. */
export const Email = v.pipe(
  v.string(),
  v.trim(),
  v.toLowerCase(),
  v.maxLength(254, 'at most 254 characters'),
  v.email('an e-mail address'),
)
const AgentName = v.pipe(
  v.string(),
  v.trim(),
  v.minLength(1, 'a name, not empty'),
  v.maxLength(120, 'at most 120 characters'),
)

/** NIST SP 800-63B-4, 3.1.1.2: long rather than contrived. */
export const NewPassword = v.pipe(
  v.string(),
  v.check((text) => [...text].length >= MIN_PASSWORD_CHARS, `at least ${MIN_PASSWORD_CHARS} characters`),
  v.maxLength(256, 'at most 256 characters'),
)

export const Agent = v.object({
  id: id('agent'),
  tenantId: id('tenant'),
  email: v.string(),
  name: v.string(),
  role: Role,
  /** `invited`: has no password yet, and can do nothing. */
  status: v.picklist(['invited', 'active', 'disabled']),
  /** Until when the invitation can be accepted, where there is one. */
  invitedUntil: v.optional(Instant),
  /** Who made it: `operator`, or the id of a key or an agent. */
  createdBy: v.string(),
  createdAt: Instant,
  disabledAt: v.optional(Instant),
  lastLoginAt: v.optional(Instant),
})
export type Agent = v.InferOutput<typeof Agent>

export const NewAgent = v.strictObject({ email: Email, name: AgentName, role: Role })

export const AgentChanges = v.pipe(
  v.partial(v.strictObject({ name: AgentName, role: Role, disabled: v.boolean() })),
  v.check((changes) => Object.keys(changes).length > 0, 'something to change'),
)
export type AgentChanges = v.InferOutput<typeof AgentChanges>

const keys = v.array(WorkingKey)
/** Machines use them, so they stay when their maker goes: `keys` names those that are still good. */
export const AgentChanged = v.object({
  ...Agent.entries,
  /** There where the agent is disabled by this change. */
  keys: v.optional(keys),
})
export type AgentChanged = v.InferOutput<typeof AgentChanged>
export const AgentRemoved = v.object({ id: id('agent'), keys })
export type AgentRemoved = v.InferOutput<typeof AgentRemoved>

/** The only time the invitation's token is shown. With it a person chooses a password, once. */
export const Invited = v.object({ agent: Agent, invitation: v.object({ token: v.string(), expiresAt: Instant }) })
export type Invited = v.InferOutput<typeof Invited>

export const Acceptance = v.strictObject({
  token: v.pipe(v.string(), v.regex(/^inv_[A-Za-z0-9_-]{43}$/, 'an invitation like inv_…')),
  password: NewPassword,
})

export const Credentials = v.strictObject({
  email: Email,
  password: v.pipe(v.string(), v.minLength(1, 'a password'), v.maxLength(256, 'at most 256 characters')),
  /** Needed only by who has the same password in several tenants. */
  tenantId: v.optional(id('tenant')),
})

/** The access token travels in `Authorization`; what it is renewed with, in a cookie that no script can read. */
export const SignedIn = v.object({ accessToken: v.string(), expiresAt: Instant, agent: Agent })
export type SignedIn = v.InferOutput<typeof SignedIn>
