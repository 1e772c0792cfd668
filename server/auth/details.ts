/** What visitors say of themselves before they are answered: beside what a signed identity says, never in its place. */
import {
  type AppConfig,
  type DetailFlaw,
  type Details,
  Fault,
  flawOf,
  type Issue,
  type Left,
  type PreChatField,
  type VisitorDetails,
} from '@aside/protocol'
import { rowsOf, type Scope } from '../platform/index.ts'
import type { LiveApp } from '../tenancy/index.ts'
import { type VisitorRow, Visitors } from './entities.ts'

const visitorRows = rowsOf(Visitors)

export interface VisitorDetailing {
  read(scope: Scope): Promise<VisitorDetails>
  /** Throws `invalid_input`, naming each field: one that is not asked for, is missing, or is not what it asks for. */
  save(scope: Scope, given: Details): Promise<VisitorDetails>
}

const flaws: Record<DetailFlaw, string> = {
  missing: 'is asked for',
  email: 'an address like name@example.org',
  tel: 'a telephone number',
  option: 'one of its options',
  kind: 'true or false for a checkbox, and a text for all else',
  long: 'too long',
}

/** What a token said of them, by the names that fields may have. */
const signedOf = ({ subject, email, name }: VisitorRow): Details =>
  subject === null ? {} : { ...(email ? { email } : {}), ...(name ? { name } : {}) }

/** How a visitor can be reached, as they say it, within the caller's transaction. Throws `invalid_input` where nobody knows how. */
export async function keepContact(tx: Scope, visitorId: string, { email, name }: Left): Promise<void> {
  const row = await visitorRows.one(tx, { id: visitorId }, { lock: true })
  if (!row) throw nobody()
  const signed = signedOf(row)
  const given: Details = { ...(email ? { email } : {}), ...(name?.trim() ? { name: name.trim() } : {}) }
  const details: Details = { ...row.details, ...withoutSigned(given, signed) }
  if (!signed['email'] && !details['email'])
    throw new Fault('invalid_input', 'How can you be reached?', {
      issues: [{ path: 'body.left.email', message: flaws.missing }],
    })
  await visitorRows.update(tx, { id: visitorId }, { details })
}

/** What is wrong with what is known of an answer; nothing where a signed identity gives it. */
const flawOfKnown = (field: PreChatField, { details }: VisitorRow, signed: Details): DetailFlaw | undefined =>
  signed[field.name] === undefined ? flawOf(field, details?.[field.name]) : undefined

/**
 * Nothing of what is asked before the first message is missing, of the fields that have to be answered. Throws `details_required`,
 * with an issue for each field (`details.<name>`), which goes away with `saveDetails`.
 */
export async function mustBeIntroduced(scope: Scope, visitorId: string, asked: readonly PreChatField[]): Promise<void> {
  if (!asked.some(({ required }) => required)) return
  const row = await visitorRows.one(scope, { id: visitorId })
  if (!row) throw nobody()
  const signed = signedOf(row)
  const issues = asked.flatMap((field): Issue[] => {
    const flaw = field.required ? flawOfKnown(field, row, signed) : undefined
    return flaw ? [{ path: `details.${field.name}`, message: flaws[flaw] }] : []
  })
  if (issues.length > 0) throw new Fault('details_required', 'Something is asked before the first message', { issues })
}

const nobody = () => new Fault('unauthenticated', 'The session is not known here')

const withoutSigned = (given: Details, signed: Details): Details =>
  Object.fromEntries(Object.entries(given).filter(([name]) => signed[name] === undefined))

function present(row: VisitorRow, { preChat = [] }: AppConfig): VisitorDetails {
  const details = row.details ?? {}
  const signed = signedOf(row)
  const known = { ...details, ...signed }
  // Also what was answered when other answers were good: what keeps a conversation from beginning can be said anew.
  const isAsked = (field: PreChatField) => known[field.name] === undefined || flawOfKnown(field, row, signed)
  return { details, signed, asked: preChat.filter(isAsked) }
}

export function createDetails(findApp: (appId: string) => Promise<LiveApp | undefined>): VisitorDetailing {
  async function who(scope: Scope): Promise<{ visitorId: string; config: AppConfig }> {
    if (scope.actor.kind !== 'visitor') throw nobody()
    const { visitorId, appId } = scope.actor
    const app = await findApp(appId)
    if (!app) throw nobody()
    return { visitorId, config: app.configOf(visitorId).config }
  }

  function mustFit(given: Details, row: VisitorRow, { preChat = [] }: AppConfig): void {
    const fields = new Map(preChat.map((it) => [it.name, it]))
    const issues: Issue[] = Object.keys(given)
      .filter((name) => !fields.has(name))
      .map((name) => ({ path: `body.details.${name}`, message: 'is not asked for here' }))
    const signed = signedOf(row)
    for (const field of preChat) {
      if (signed[field.name] !== undefined) continue
      const flaw = flawOf(field, given[field.name] ?? row.details?.[field.name])
      if (flaw) issues.push({ path: `body.details.${field.name}`, message: flaws[flaw] })
    }
    if (issues.length > 0) throw new Fault('invalid_input', 'Some of it cannot be taken', { issues })
  }

  return {
    async read(scope) {
      const { visitorId, config } = await who(scope)
      const row = await visitorRows.one(scope, { id: visitorId })
      if (!row) throw nobody()
      return present(row, config)
    },

    async save(scope, given) {
      const { visitorId, config } = await who(scope)
      return scope.transaction(async (tx) => {
        const row = await visitorRows.one(tx, { id: visitorId }, { lock: true })
        if (!row) throw nobody()
        mustFit(given, row, config)
        const said = Object.entries(withoutSigned(given, signedOf(row))).map(([name, answer]) => [
          name,
          typeof answer === 'string' ? answer.trim() : answer,
        ])
        const details: Details = { ...row.details, ...Object.fromEntries(said) }
        await visitorRows.update(tx, { id: visitorId }, { details })
        return present({ ...row, details }, config)
      })
    },
  }
}
