import { PROTOCOL_VERSION, type Session, type SessionStarted } from '@aside/protocol'
import { type LiveApp, presentSettings } from '../tenancy/index.ts'
import type { SessionRow } from './entities.ts'

const presentSession = (row: Pick<SessionRow, 'id' | 'visitorId' | 'appId' | 'createdAt' | 'expiresAt'>): Session => ({
  id: row.id,
  visitorId: row.visitorId,
  appId: row.appId,
  createdAt: row.createdAt.toISOString(),
  expiresAt: row.expiresAt.toISOString(),
})

export function presentStarted(
  token: string,
  row: Parameters<typeof presentSession>[0] & Pick<SessionRow, 'secretId'>,
  app: LiveApp,
  now: number,
): SessionStarted {
  const session = presentSession(row)
  return {
    token,
    session,
    settings: presentSettings(app, app.configOf(row.visitorId).config, now),
    protocolVersion: PROTOCOL_VERSION,
    ...(row.secretId ? { identity: { verified: true as const, expiresAt: session.expiresAt } } : {}),
  }
}
