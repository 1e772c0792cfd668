/** Every table there is: what the store is opened with, migrated against, and searched through when somebody is forgotten. */
import { agentTables } from './agents/index.ts'
import { FileContents, Files } from './attachments/index.ts'
import { AuditLog } from './audit/index.ts'
import { Sessions, VisitorMerges, Visitors } from './auth/index.ts'
import { Conversations, DraftTable, Grounds, Messages, Processes, Turns } from './conversations/index.ts'
import { IdentityCounts, IdentitySecrets } from './identity/index.ts'
import { KeyTable } from './keys/index.ts'
import { Chunks, KnowledgeHeads, Sources } from './knowledge/index.ts'
import { Notices, UsageDays } from './limits/index.ts'
import { IdempotencyKeys } from './platform/index.ts'
import { Holds } from './privacy/index.ts'
import { StoreFacts, StreamEvents, StreamHeads } from './streams/index.ts'
import { Activations, AppOrigins, Apps, ConfigVersions, Tenants } from './tenancy/index.ts'

export const entities = [
  StoreFacts,
  IdempotencyKeys,
  AuditLog,
  Tenants,
  Apps,
  AppOrigins,
  ConfigVersions,
  Activations,
  KeyTable,
  IdentitySecrets,
  IdentityCounts,
  ...agentTables,
  Visitors,
  VisitorMerges,
  Sessions,
  StreamHeads,
  StreamEvents,
  Conversations,
  Messages,
  Turns,
  Grounds,
  Files,
  FileContents,
  Processes,
  DraftTable,
  Sources,
  Chunks,
  KnowledgeHeads,
  UsageDays,
  Notices,
  Holds,
]
