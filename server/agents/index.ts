/** Agents: the people of a tenant. Invited by those who may, signed in by a password, refused within a second once they are out. */
export { isAccessToken } from './access-token.ts'
export { type Agents, createAgents } from './agents.ts'
export { Agents as AgentTable, AgentSessions, RefreshTokens } from './entities.ts'
export { agentRoutes } from './routes.ts'
export { asAgent } from './sign-ins.ts'
