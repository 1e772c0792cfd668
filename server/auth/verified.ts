/** Visitors who are somebody: one for each subject of an app, whatever browser they come from. */
import { newId, rowsOf, type Scope } from '../platform/index.ts'
import type { Proof } from '../identity/index.ts'
import { VisitorMerges, type VisitorRow, Visitors } from './entities.ts'

const visitorRows = rowsOf(Visitors)
const mergeRows = rowsOf(VisitorMerges)

/**
 * The visitor of a subject, made where there is none. Never found by anything but app and subject: an equal address or name is
 * a coincidence. What the token says of them is kept; what it leaves out stays as it was.
 */
export async function visitorOfSubject(
  tx: Scope,
  appId: string,
  { subject, email, name }: Proof,
  now: Date,
): Promise<VisitorRow> {
  // Held, so that whoever erases them waits, or was first: then they are new.
  const known = await visitorRows.one(tx, { appId, subject }, { lock: true })
  if (!known)
    // Two browsers may sign in as the same new person at once.
    await tx.sql(
      `insert into visitors (tenant_id, id, app_id, subject, created_at) values (?, ?, ?, ?, ?)
       on conflict (app_id, subject) do nothing returning id`,
      [newId('visitor', now.getTime()), appId, subject, tx.kind === 'sqlite' ? now.getTime() : now],
    )
  const visitor = known ?? (await visitorRows.get(tx, { appId, subject }))
  const changes = {
    ...(email === undefined || email === visitor.email ? {} : { email }),
    ...(name === undefined || name === visitor.name ? {} : { name }),
  }
  if (Object.keys(changes).length > 0) await visitorRows.update(tx, { id: visitor.id }, changes)
  return { ...visitor, ...changes }
}

/**
 * Keeps who the anonymous visitor `from` turned out to be, within the transaction of the sign-in: whoever exports or erases them
 * finds what stayed behind. Throws where `from` is somebody, or was merged before.
 */
export async function linkMerged(tx: Scope, from: string, into: VisitorRow, now: Date): Promise<void> {
  const { id, subject, details } = await visitorRows.get(tx, { id: from, appId: into.appId })
  if (subject !== null || into.subject === null)
    throw new Error('Only somebody anonymous is merged, into somebody verified')
  await mergeRows.insert(tx, { visitorId: id, intoId: into.id, createdAt: now })
  // Who was asked is not asked again. What they said as this person before stays as it was.
  if (details) await visitorRows.update(tx, { id: into.id }, { details: { ...details, ...into.details } })
}
