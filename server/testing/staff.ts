/** Agents who are signed in: what tests of their side arrange with. */
import { randomBytes } from 'node:crypto'
import { type Agent, type Client, createAgent, createClient, type Role } from '@aside/protocol'
import type { Aside } from './aside.ts'
import type { Owner } from './people.ts'
import { type RawReply, sendJson } from './raw-request.ts'

export interface Staff {
  agent: Agent
  email: string
  password: string
  accessToken: string
  /** As a browser would send it back: `name=value`. */
  cookie: string
  /** Calls with the access token. */
  client: Client
}

export const cookieOf = (reply: RawReply): string => {
  const [line = ''] = reply.headers['set-cookie'] ?? []
  return line.split(';')[0]!
}

/** Invited by the operator, who may give every role; with a password of their own, and signed in. */
export async function createStaff(
  aside: Aside,
  { tenantId }: Pick<Owner, 'tenantId'>,
  role: Role,
  given: { email?: string; password?: string } = {},
): Promise<Staff> {
  const email = given.email ?? `${role}.${randomBytes(5).toString('hex')}@acme.example`
  const password = given.password ?? `the otters of ${randomBytes(6).toString('hex')}`
  const { invitation } = await aside.operator.call(createAgent, {
    query: { tenantId },
    body: { email, name: `Some ${role}`, role },
  })
  await post(aside, '/v1/agents/accept', { token: invitation.token, password })
  return { ...(await signIn(aside, { email, password, tenantId })), email, password }
}

export async function signIn(
  aside: Aside,
  { email, password, tenantId }: { email: string; password: string; tenantId?: string },
): Promise<Omit<Staff, 'email' | 'password'>> {
  const reply = await post(aside, '/v1/agents/login', { email, password, tenantId })
  const { accessToken, agent } = reply.json() as { accessToken: string; agent: Agent }
  const client = createClient({
    get baseUrl() {
      return aside.url
    },
    token: () => accessToken,
  })
  return { agent, accessToken, cookie: cookieOf(reply), client }
}

async function post(aside: Aside, path: string, body: object): Promise<RawReply> {
  const reply = await sendJson(`${aside.url}${path}`, body)
  if (reply.status >= 300) throw new Error(`${path} answered ${reply.text}`)
  return reply
}
