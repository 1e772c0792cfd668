/** One of everything: what the calls of `specimens.ts` are made in. */
import {
  addSource,
  type ConfigVersion,
  createAgent,
  createApp,
  createConfig,
  createIdentitySecret,
  createHold,
  createKey,
  createTenant,
  listConfigs,
  type Message,
  type Reply,
  updateTenant,
  uploadFile,
} from '@aside/protocol'
import { mintToken } from './identity-tokens.ts'
import { type Aside, type Owner, type Visitor } from './aside.ts'
import { createStaff, type Staff } from './staff.ts'

/** Set by the operator: its tenant may only say the same. */
export const budget = { tokensPerDay: 1_000_000, moneyPerDay: 10 }

export interface World {
  aside: Aside
  owner: Owner
  visitor: Visitor
  conversationId: string
  question: Message
  answer: Message
  turnId: string
  /** One the visitor has uploaded. */
  fileId: string
  /** What an answer in another conversation of the visitor wants the page to do. */
  toolCall: { conversationId: string; callId: string }
  sourceId: string
  key: Reply<typeof createKey>
  /** The visitor is one whom it proved. */
  identitySecret: Reply<typeof createIdentitySecret>
  /** To be revoked. */
  otherIdentitySecret: Reply<typeof createIdentitySecret>
  /** An agent who is signed in. */
  staff: Staff
  /** One who was invited only. */
  invited: Reply<typeof createAgent>
  /** Somebody else in the app, with a conversation and a hold on it. */
  guestId: string
  /** Somebody else, to be erased by themselves. */
  leaver: Visitor
  hold: Reply<typeof createHold>
  /** Another app of the tenant, and another tenant: to be erased. */
  spare: { appId: string; tenantId: string }
  firstConfig: ConfigVersion
  /** The app's second, which is not live. */
  config: ConfigVersion
}

const document = '# Otters\n\nThe otter of the house is called Ottilie. She likes smooth pebbles.\n'

/** The server answers with the scripted model, whose `echo` quotes the document and cites it. */
export async function createWorld(aside: Aside): Promise<World> {
  const owner = await aside.owner({
    model: 'echo',
    retentionDays: 365,
    features: { uploads: true, tools: true },
    preChat: [{ name: 'order_number', label: 'Order number', type: 'text', required: false }],
  })
  await aside.operator.call(updateTenant, { params: { tenantId: owner.tenantId }, body: { budget } })
  const { source } = await owner.client.call(addSource, {
    query: { appId: owner.app.id, name: 'otters.md' },
    content: document,
    contentType: 'text/markdown',
  })
  const key = await owner.client.call(createKey, { query: {}, body: { name: 'To be revoked', scopes: ['apps:read'] } })
  const staff = await createStaff(aside, owner, 'viewer')
  const invited = await owner.client.call(createAgent, {
    query: {},
    body: { email: 'new@acme.example', name: 'Nina New', role: 'agent' },
  })
  const query = { appId: owner.app.id }
  const config = await owner.client.call(createConfig, { query, body: { config: { model: 'echo', temperature: 1 } } })
  const { configs } = await owner.client.call(listConfigs, { query })
  const firstConfig = configs.find((it) => it.number === 1)!
  const [identitySecret, otherIdentitySecret] = [await secretOf(owner), await secretOf(owner)]
  const { visitor, ...talk } = await createTalk(owner, mintToken(identitySecret.secret, owner.app.id))
  const toolCall = await createToolCall(visitor)
  const guest = await owner.visitor()
  const hold = await owner.client.call(createHold, {
    query: {},
    body: { conversationId: await guest.conversation(), reason: 'Case 7' },
  })
  const app = await owner.client.call(createApp, { query: {}, body: { name: 'Spare' } })
  const spare = { appId: app.id, tenantId: (await aside.operator.call(createTenant, { body: { name: 'Spare' } })).id }
  const leaver = await owner.visitor()
  const guestId = guest.session.session.visitorId
  const secrets = { key, identitySecret, otherIdentitySecret }
  const people = { owner, visitor, staff, invited }
  return {
    aside,
    ...people,
    ...talk,
    toolCall,
    sourceId: source.id,
    ...secrets,
    config,
    firstConfig,
    guestId,
    leaver,
    hold,
    spare,
  }
}

const secretOf = (owner: Owner) => owner.client.call(createIdentitySecret, { query: {}, body: { appId: owner.app.id } })

/** A visitor of the world's app with a conversation of their own. */
export async function createTalk(
  owner: Owner,
  identity?: string,
): Promise<Pick<World, 'visitor' | 'conversationId' | 'question' | 'answer' | 'turnId' | 'fileId'>> {
  const visitor = await owner.visitor(undefined, identity)
  const reading = visitor.follow()
  await reading.until('session-ready')
  const conversationId = await visitor.conversation()
  const { message: question, turn } = await visitor.post(conversationId, 'What is the otter of the house called?')
  const { message: answer } = (await reading.until('message-end')).payload
  reading.close()
  const { id: fileId } = await visitor.client.call(uploadFile, {
    query: { name: 'otter.txt' },
    content: 'Ottilie.\n',
    contentType: 'text/plain',
  })
  return { visitor, conversationId, question, answer, turnId: turn!.id, fileId }
}

/** In an app whose model asks for the first tool it is offered. */
export async function createToolCall(visitor: Visitor): Promise<World['toolCall']> {
  const reading = visitor.follow()
  await reading.until('session-ready')
  const conversationId = await visitor.conversation()
  const tools = [{ name: 'find_order', description: 'Finds an order.', parameters: { type: 'object' } }]
  await visitor.post(conversationId, 'Where is my order?', undefined, { tools })
  const ended = await reading.until('message-end', ({ message }) => message.conversationId === conversationId)
  reading.close()
  const callId = ended.payload.message.toolCalls?.[0]?.id
  if (callId === undefined) throw new Error('the scripted model called nothing')
  return { conversationId, callId }
}
