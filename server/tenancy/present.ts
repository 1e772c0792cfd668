import { type App, MAX_MESSAGE_CHARS, PROTOCOL_VERSION, type Settings, type Tenant } from '@aside/protocol'
import type { AppRow, TenantRow } from './entities.ts'

export const presentTenant = (row: TenantRow): Tenant => ({
  id: row.id,
  name: row.name,
  createdAt: row.createdAt.toISOString(),
})

export const presentApp = (row: AppRow, allowedOrigins: string[]): App => ({
  id: row.id,
  tenantId: row.tenantId,
  name: row.name,
  allowedOrigins,
  config: row.config,
  createdAt: row.createdAt.toISOString(),
})

/** What anybody may know of an app. Named field by field: the prompt and the model are not among them. */
export const presentSettings = ({ id, name, config }: Pick<AppRow, 'id' | 'name' | 'config'>): Settings => ({
  appId: id,
  name,
  protocolVersion: PROTOCOL_VERSION,
  theme: { primary: '#3355dd', scheme: 'auto', position: 'right', ...config.theme },
  words: {
    title: name,
    greeting: 'Hi! Ask anything: answers come from our own documents, with their sources.',
    placeholder: 'Ask a question…',
    ...config.words,
  },
  suggestedQuestions: config.suggestedQuestions ?? [],
  ...(config.locale === undefined ? {} : { locale: config.locale }),
  maxMessageChars: MAX_MESSAGE_CHARS,
})
