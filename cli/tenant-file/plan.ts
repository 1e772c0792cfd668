/** What has to be done for the server to match a tenant's file, in the order it is done. */
import type { ConfigChange } from '@aside/protocol'
import type { OfTenant } from '../choose.ts'
import type { Connection } from '../connect.ts'

export interface Step {
  kind: 'create' | 'change' | 'remove'
  what: 'tenant' | 'app' | 'origins' | 'origin' | 'config' | 'identity' | 'key' | 'source'
  /** `Shop`, `Shop: website`, for people. */
  name: string
  changes?: ConfigChange[]
  run(): Promise<void>
}

export interface Plan {
  steps: Step[]
  /** Things that are as the file says. */
  unchanged: number
  /** What the file does not name, in things it names all of. Without `prune` it stays. */
  beyond: Step[]
  /** What a person should know before going on. */
  remarks: string[]
  /** Publishable keys that came to be, once it has run: addresses, no secrets. */
  made: { app: string; name: string; key: string }[]
  /** Once it has run. */
  tenantId?: string
}

/** `planning` gathers what is found; the ids of what does not exist yet are there once the steps before have run. */
export interface Planning extends Plan {
  connection: Connection
  tenantId?: string
}

export const ofPlan = ({ tenantId }: Planning): OfTenant => (tenantId === undefined ? {} : { tenantId })
