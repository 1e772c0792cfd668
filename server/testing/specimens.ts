/** One valid call of every endpoint, in a world with one of everything. Who adds an endpoint adds its call here: without it this does not compile. */
import { type Access, type Endpoint, type EndpointName, endpoints } from '@aside/protocol'
import { clientId, ORIGIN } from './aside.ts'
import { mintToken } from './identity-tokens.ts'
import { type RawReply, type RawRequest, send } from './raw-request.ts'
import { budget, type World } from './world.ts'

export interface Specimen {
  params?: Record<string, string>
  query?: Record<string, string>
  body?: Record<string, unknown>
  content?: string
  contentType?: string
  /** Of a visitor, in place of the world's. */
  token?: string
}

const inConversation = ({ conversationId }: World) => ({ params: { conversationId } })
const ofApp = ({ owner }: World) => ({ appId: owner.app.id })

/** In an order in which all of them can be called, one after the other. */
export const specimens: Record<EndpointName, (world: World) => Specimen> = {
  readHealth: () => ({}),
  readReadiness: () => ({}),
  readSettings: (world) => ({ params: ofApp(world) }),
  startSession: (world) => ({ body: { ...ofApp(world), protocolVersion: 1 } }),
  followEvents: () => ({ query: {} }),
  listConversations: () => ({ query: { limit: '10' } }),
  startConversation: () => ({ body: { clientId: clientId() } }),
  listMessages: (world) => ({ ...inConversation(world), query: { before: '100', limit: '10' } }),
  readPassage: ({ answer }) => ({ params: { messageId: answer.id, number: '1' } }),
  searchMessages: () => ({ query: { query: 'otter', limit: '10' } }),
  exportConversation: inConversation,
  giveFeedback: ({ answer }) => ({
    params: { messageId: answer.id },
    body: { rating: 'down', reason: 'incomplete', comment: 'What does she eat?' },
  }),
  rateConversation: (world) => ({ ...inConversation(world), body: { score: 4, comment: 'Quick.' } }),
  stopTurn: (world) => ({ ...inConversation(world), body: { turnId: world.turnId } }),
  regenerate: (world) => ({
    ...inConversation(world),
    body: { messageId: world.question.id, clientId: clientId() },
  }),
  postMessage: (world) => ({
    ...inConversation(world),
    body: { clientId: clientId(), text: 'And what does she like?', attachments: [] },
  }),
  uploadFile: () => ({ query: { name: 'notes.txt' }, content: 'She likes pebbles.\n', contentType: 'text/plain' }),
  downloadFile: ({ fileId }) => ({ params: { fileId } }),
  tellTyping: inConversation,
  markRead: (world) => ({ ...inConversation(world), body: { seq: 2 } }),
  readDetails: () => ({}),
  saveDetails: () => ({ body: { details: { order_number: 'A 17' } } }),
  reportTool: ({ toolCall }) => ({ params: toolCall, body: { status: 'done' } }),
  closeConversation: inConversation,
  identifySession: ({ identitySecret, owner }) => ({ body: { token: mintToken(identitySecret.secret, owner.app.id) } }),
  readIdentity: (world) => ({ params: ofApp(world), query: {} }),
  enforceIdentity: (world) => ({ params: ofApp(world), body: { mode: 'observe' } }),
  readIdentityReport: (world) => ({ query: { ...ofApp(world), days: '2' } }),
  verifyIdentity: (world) => ({
    body: { ...ofApp(world), token: mintToken(world.identitySecret.secret, world.owner.app.id) },
  }),
  listIdentitySecrets: (world) => ({ query: ofApp(world) }),
  revokeIdentitySecret: ({ otherIdentitySecret }) => ({
    params: { secretId: otherIdentitySecret.identitySecret.id },
    query: {},
  }),
  createIdentitySecret: (world) => ({ query: {}, body: { ...ofApp(world), name: 'The next' } }),
  createTenant: () => ({ body: { name: 'Another' } }),
  listTenants: () => ({ query: { limit: '10' } }),
  readTenant: ({ owner }) => ({ params: { tenantId: owner.tenantId } }),
  updateTenant: ({ owner }) => ({
    params: { tenantId: owner.tenantId },
    body: { name: 'Acme & Sons', budget },
  }),
  createApp: () => ({ query: {}, body: { name: 'Another', allowedOrigins: ['https://other.example'], config: {} } }),
  listApps: () => ({ query: {} }),
  readApp: (world) => ({ params: ofApp(world), query: {} }),
  updateApp: (world) => ({ params: ofApp(world), body: { name: 'Shop 2', allowedOrigins: [ORIGIN] } }),
  readWidget: (world) => ({ params: ofApp(world), query: {} }),
  chooseWidget: (world) => ({
    params: ofApp(world),
    body: { version: 'latest', next: { version: 'latest', percent: 10 } },
  }),
  createConfig: (world) => ({
    query: ofApp(world),
    body: { config: { model: 'echo', temperature: 0.5 }, note: 'Cooler' },
  }),
  listConfigs: (world) => ({ query: ofApp(world) }),
  readConfig: ({ config }) => ({ params: { configId: config.id } }),
  diffConfigs: ({ config, firstConfig }) => ({ params: { configId: config.id }, query: { against: firstConfig.id } }),
  activateConfig: (world) => ({
    params: ofApp(world),
    body: { config: 1, trial: { config: 2, percent: 10 } },
  }),
  rollbackConfig: (world) => ({ params: ofApp(world) }),
  createKey: (world) => ({
    query: {},
    body: { kind: 'publishable', env: 'test', name: 'Another', scopes: ['chat'], ...ofApp(world), expiresInDays: 7 },
  }),
  listKeys: () => ({ query: {} }),
  addSource: (world) => ({
    query: { ...ofApp(world), name: 'more.md' },
    content: '# More\n\nThere is more to say.\n',
    contentType: 'text/markdown',
  }),
  listSources: (world) => ({ query: ofApp(world) }),
  searchSources: (world) => ({ query: { ...ofApp(world), q: 'otter', limit: '3' } }),
  runChecks: () => ({}),
  listAudit: () => ({ query: { action: 'key.created', since: '2026-01-01T00:00:00.000Z' } }),
  readUsage: (world) => ({
    query: { ...ofApp(world), from: '2026-01-01', to: '2099-12-31', by: 'config', limit: '10' },
  }),
  readUsageToday: () => ({ query: { limit: '10' } }),
  listNotices: () => ({ query: { limit: '10' } }),
  findVisitors: (world) => ({ query: { ...ofApp(world), subject: 'user-1' } }),
  exportVisitor: ({ guestId }) => ({ params: { visitorId: guestId }, query: {} }),
  exportTenant: ({ owner }) => ({ params: { tenantId: owner.tenantId } }),
  createHold: ({ visitor }) => ({
    query: {},
    body: { visitorId: visitor.session.session.visitorId, reason: 'Case 8' },
  }),
  listHolds: () => ({ query: { limit: '10' } }),
  releaseHold: ({ hold }) => ({ params: { holdId: hold.id }, query: {} }),
  applyRetention: () => ({ query: {}, body: { dryRun: true } }),
  backupStore: () => ({}),
  eraseVisitor: ({ guestId }) => ({ params: { visitorId: guestId }, query: {} }),
  rotateKey: ({ key }) => ({ params: { keyId: key.key.id }, body: { overlapHours: 1 } }),
  revokeKey: ({ key }) => ({ params: { keyId: key.key.id }, query: {} }),
  acceptInvitation: ({ invited }) => ({
    body: { token: invited.invitation.token, password: 'seven otters in a row' },
  }),
  login: ({ staff: { email, password, agent } }) => ({ body: { email, password, tenantId: agent.tenantId } }),
  refresh: () => ({ body: {} }),
  readMe: () => ({}),
  createAgent: () => ({
    query: {},
    body: { email: `${clientId().toLowerCase()}@acme.example`, name: 'Otto', role: 'admin' },
  }),
  listAgents: () => ({ query: { limit: '10' } }),
  updateAgent: ({ invited }) => ({
    params: { agentId: invited.agent.id },
    body: { name: 'Nina Newer', role: 'viewer', disabled: false },
  }),
  inviteAgent: ({ invited }) => ({ params: { agentId: invited.agent.id } }),
  removeAgent: ({ invited }) => ({ params: { agentId: invited.agent.id }, query: {} }),
  logout: () => ({ body: {} }),
  removeSource: ({ sourceId }) => ({ params: { sourceId }, query: {} }),
  exportMyData: () => ({}),
  eraseMyData: ({ leaver }) => ({ token: leaver.session.token }),
  endSession: () => ({}),
  // These two end everything.
  removeApp: ({ spare }) => ({ params: { appId: spare.appId }, query: {} }),
  eraseTenant: ({ spare }) => ({ params: { tenantId: spare.tenantId } }),
}

export const endpointNames = Object.keys(specimens) as EndpointName[]
export const endpointOf = (name: EndpointName): Endpoint => endpoints[name]

export function credentials(
  { aside, owner, visitor, staff }: World,
  access: Access | 'nobody',
): Record<string, string> {
  switch (access) {
    case 'page':
      return { origin: ORIGIN }
    case 'visitor':
      return { origin: ORIGIN, authorization: `Bearer ${visitor.session.token}` }
    case 'secret':
      return { 'x-api-key': owner.secret }
    case 'agent':
      return { authorization: `Bearer ${staff.accessToken}` }
    case 'refresh':
      return { cookie: staff.cookie }
    case 'operator':
      return { authorization: `Bearer ${aside.running.operatorToken}` }
    default:
      return {}
  }
}

/** Calls an endpoint over the wire, in whatever shape; `as` is who calls, by default whoever may. */
export function perform(
  world: World,
  name: EndpointName,
  { params = {}, query = {}, body, content, contentType = 'application/json', token }: Specimen,
  { as, headers = {}, ...rest }: { as?: Access | 'nobody' } & RawRequest = {},
): Promise<RawReply> {
  const { method, path, access } = endpointOf(name)
  const address = path.replace(/:(\w+)/g, (_, it: string) => encodeURIComponent(params[it] ?? ''))
  const search = new URLSearchParams(query)
  const sent = content ?? (body === undefined ? undefined : JSON.stringify(body))
  return send(`${world.aside.url}${address}${search.size > 0 ? `?${search}` : ''}`, {
    method,
    ...(sent === undefined ? {} : { body: sent }),
    ...rest,
    headers: {
      ...credentials(world, as ?? access),
      ...(token !== undefined && as === undefined ? { authorization: `Bearer ${token}` } : {}),
      ...(sent === undefined && rest.body === undefined ? {} : { 'content-type': contentType }),
      ...headers,
    },
  })
}
