/** How the people of a tenant come in, and who may let them. */
import * as v from 'valibot'
import {
  Acceptance,
  Agent,
  AgentChanged,
  AgentChanges,
  AgentRemoved,
  Credentials,
  Invited,
  NewAgent,
  SignedIn,
} from './agents.ts'
import { endpoint } from './endpoint.ts'
import { id } from './ids.ts'
import { nextCursor, ofTenant, page } from './paging.ts'

const agent = v.strictObject({ agentId: id('agent') })
const query = v.strictObject(ofTenant)

export const acceptInvitation = endpoint({
  method: 'POST',
  path: '/v1/agents/accept',
  access: 'public',
  rate: 'login',
  summary: 'Chooses the password, with an invitation. It can be done once; `not_found` for an invitation that is over.',
  body: Acceptance,
  status: 200,
  reply: Agent,
  errors: ['not_found', 'origin_not_allowed', 'overloaded'],
  audit: 'agent.accepted',
})

export const login = endpoint({
  method: 'POST',
  path: '/v1/agents/login',
  access: 'public',
  rate: 'login',
  summary:
    'Signs an agent in. `unauthenticated` for a wrong password just as for nobody; `conflict` where the password is right in several tenants, and one has to be named.',
  body: Credentials,
  status: 200,
  reply: SignedIn,
  errors: ['unauthenticated', 'origin_not_allowed', 'conflict', 'rate_limited', 'overloaded'],
  audit: 'agent.login',
})

export const refresh = endpoint({
  method: 'POST',
  path: '/v1/agents/refresh',
  access: 'refresh',
  summary:
    'A new access token, and a new cookie in the place of the one sent. One that was replaced before ends every token of its sign-in.',
  body: v.strictObject({}),
  status: 200,
  reply: SignedIn,
})

export const logout = endpoint({
  method: 'POST',
  path: '/v1/agents/logout',
  access: 'refresh',
  summary: 'Signs out: the cookie and every access token of this sign-in are refused from now on.',
  body: v.strictObject({}),
  status: 204,
})

export const readMe = endpoint({
  method: 'GET',
  path: '/v1/agents/me',
  access: 'agent',
  summary: 'Who is signed in.',
  status: 200,
  reply: Agent,
})

export const createAgent = endpoint({
  method: 'POST',
  path: '/v1/admin/agents',
  access: 'secret',
  scope: 'agents:write',
  summary:
    'Invites a person. The answer is the only place that shows the invitation. `forbidden` for a role above the caller’s own; a key gives at most `admin`, and nothing it lacks.',
  query,
  body: NewAgent,
  status: 201,
  reply: Invited,
  errors: ['forbidden', 'conflict'],
  audit: 'agent.created',
})

export const listAgents = endpoint({
  method: 'GET',
  path: '/v1/admin/agents',
  access: 'secret',
  scope: 'agents:read',
  summary: 'All agents of the tenant, oldest first.',
  query: v.strictObject({ ...ofTenant, ...page }),
  status: 200,
  reply: v.object({ agents: v.array(Agent), nextCursor }),
})

export const updateAgent = endpoint({
  method: 'PATCH',
  path: '/v1/admin/agents/:agentId',
  access: 'secret',
  scope: 'agents:write',
  summary:
    'Changes what is given of an agent. It holds from the next request on; one who is disabled is signed out, and the keys they made that still work are named. What an admin is, only an owner changes (`forbidden`); `conflict` where no owner would be left.',
  params: agent,
  query,
  body: AgentChanges,
  status: 200,
  reply: AgentChanged,
  errors: ['forbidden', 'conflict'],
  audit: 'agent.updated',
})

export const inviteAgent = endpoint({
  method: 'POST',
  path: '/v1/admin/agents/:agentId/invite',
  access: 'secret',
  scope: 'agents:write',
  summary:
    'Another invitation: the password, the sign-ins and the invitation before it are over. For oneself, for a lesser role, or by an owner: `forbidden` else, where somebody has a password already.',
  params: agent,
  query,
  status: 201,
  reply: Invited,
  errors: ['forbidden', 'conflict'],
  audit: 'agent.invited',
})

export const removeAgent = endpoint({
  method: 'DELETE',
  path: '/v1/admin/agents/:agentId',
  access: 'secret',
  scope: 'agents:write',
  summary:
    'Removes an agent, who is signed out, and names the keys they made that still work. `conflict` for the last owner.',
  params: agent,
  query,
  status: 200,
  reply: AgentRemoved,
  errors: ['forbidden', 'conflict'],
  audit: 'agent.removed',
})
