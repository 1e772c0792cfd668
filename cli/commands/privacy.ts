import type { Command } from 'commander'
import {
  applyRetention,
  createHold,
  exportTenant,
  exportVisitor,
  findVisitors,
  type Hold,
  listHolds,
  pages,
  releaseHold,
} from '@aside/protocol'
import { chooseApp, chooseTenant } from '../choose.ts'
import { act } from '../context.ts'
import { mustBeFree, save, sized, toFile, type ToFile } from '../download.ts'
import { usage } from '../problems.ts'
import { addErase } from './erase.ts'
import { dayOf } from '../words.ts'

interface OfTenantOption {
  tenant?: string
}

const isId = (prefix: string, text: string) => new RegExp(`^${prefix}_[0-9a-z]{26}$`).test(text)
const ofTenant = '--tenant <tenant>'
const whose = 'whose: a name or an id (where there are several)'

export function addPrivacyCommands(program: Command): void {
  const privacy = program.command('privacy').description('what is kept of people: export, erase, hold, keep for a time')
  addFind(privacy)
  addExport(privacy)
  addErase(privacy)
  addRetention(privacy)
  addHold(privacy)
}

function addFind(privacy: Command): void {
  privacy
    .command('find <subject>')
    .description('the visitor that your own backend calls so, in the tokens it signs')
    .option('--app <app>', 'of which app: a name or an id (where there are several)')
    .addHelpText('after', '\nExample:\n  $ aside privacy find user-42 --app Shop')
    .action(
      act(async ({ out, connect }, subject: string, options: { app?: string }) => {
        const connection = await connect()
        const app = await chooseApp(connection, options.app)
        const { visitors } = await connection.client.call(findVisitors, { query: { appId: app.id, subject } })
        out.show({ visitors }, () => {
          if (visitors.length === 0) out.note(`Nobody has signed in to ${app.name} as that.`)
          for (const { id } of visitors) out.line(id)
        })
      }),
    )
}

function addExport(privacy: Command): void {
  toFile(privacy.command('export <what> [id]'), '<id>.ndjson where nothing is said')
    .description('write all there is of a visitor, or of a tenant, into one file')
    .addHelpText(
      'after',
      '\n<what> is visitor or tenant. The file has one JSON object a line; the last one says how many there are.\n\nExamples:\n  $ aside privacy export visitor vis_01k… -o anna.ndjson\n  $ aside privacy export tenant Acme -o acme.ndjson',
    )
    .action(
      act(async ({ out, connect }, what: string, given: string | undefined, options: ToFile) => {
        if (what !== 'visitor' && what !== 'tenant')
          throw usage(`an export is of a visitor or a tenant, not of ${what}`, 'see: aside privacy export --help')
        if (what === 'visitor' && (given === undefined || !isId('vis', given)))
          throw usage('a visitor is named by an id like vis_…', 'it is in an audit log, or in an export of the tenant')
        if (options.out !== undefined) mustBeFree(options.out, options.force)
        const connection = await connect()
        const { client } = connection
        const id = what === 'visitor' ? given! : (await chooseTenant(connection, given)).tenantId
        if (id === undefined) throw usage('which tenant? a key does not say', 'say its id: ten_…')
        const file = options.out ?? `${id}.ndjson`
        mustBeFree(file, options.force)
        const response =
          what === 'visitor'
            ? await client.open(exportVisitor, { params: { visitorId: id } })
            : await client.open(exportTenant, { params: { tenantId: id } })
        const sizeBytes = await save(response, file, { force: options.force, bar: out.bar })
        out.show({ id, file, sizeBytes }, () =>
          out.line(`${out.paint.green('exported')} ${id} into ${file} (${sized(sizeBytes)})`),
        )
      }),
    )
}

function addRetention(privacy: Command): void {
  privacy
    .command('retention')
    .description('erase what is older than the apps’ configurations keep it, now; the server does every hour')
    .option('--dry-run', 'only say what that would be')
    .option(ofTenant, whose)
    .addHelpText(
      'after',
      '\nAn app keeps conversations for the retentionDays of its live configuration, and for ever without it.\n\nExamples:\n  $ aside privacy retention --dry-run\n  $ aside privacy retention --tenant Acme',
    )
    .action(
      act(async ({ out, connect }, { dryRun = false, tenant }: OfTenantOption & { dryRun?: boolean }) => {
        const connection = await connect()
        const query = await chooseTenant(connection, tenant)
        const reply = await connection.client.call(
          applyRetention,
          { query, body: { dryRun } },
          { timeoutMs: dryRun ? 60_000 : 3_600_000 },
        )
        out.show({ dryRun, ...reply }, () => {
          if (reply.apps.length === 0) return out.note('No app has retentionDays in its configuration: all is kept.')
          out.table(
            ['APP', 'DAYS', dryRun ? 'WOULD GO' : 'CONVERSATIONS', 'VISITORS', 'HELD', 'OLDEST'],
            reply.apps.map((it) => [
              it.appId,
              it.retentionDays,
              it.conversations,
              it.visitors,
              it.held,
              it.oldest ? dayOf(it.oldest) : '–',
            ]),
          )
        })
      }),
    )
}

function addHold(privacy: Command): void {
  const hold = privacy.command('hold').description('what may not be erased until it is released')

  hold
    .command('add <id>')
    .description('hold a visitor, or one conversation')
    .requiredOption('--reason <text>', 'why, such as the number of a case')
    .option(ofTenant, whose)
    .addHelpText('after', '\nExample:\n  $ aside privacy hold add cnv_01k… --reason "case 2026-17"')
    .action(
      act(async ({ out, connect }, id: string, { reason, tenant }: OfTenantOption & { reason: string }) => {
        const target = isId('vis', id) ? { visitorId: id } : isId('cnv', id) ? { conversationId: id } : undefined
        if (!target) throw usage(`${id} is no visitor (vis_…) and no conversation (cnv_…)`)
        const connection = await connect()
        const query = await chooseTenant(connection, tenant)
        const made = await connection.client.call(createHold, { query, body: { ...target, reason } })
        out.show(made, () => out.line(`${out.paint.green('held')} ${id} ${out.paint.dim(made.id)}`))
      }),
    )

  hold
    .command('list')
    .description('list what is held')
    .option(ofTenant, whose)
    .addHelpText('after', '\nExample:\n  $ aside privacy hold list')
    .action(
      act(async ({ out, connect }, { tenant }: OfTenantOption) => {
        const connection = await connect()
        const query = await chooseTenant(connection, tenant)
        const holds: Hold[] = []
        for await (const page of pages(connection.client, listHolds, { query })) holds.push(...page.holds)
        out.show({ holds }, () => {
          if (holds.length === 0) return out.note('Nothing is held.')
          const rows = holds.map((it) => [
            it.conversationId ?? it.visitorId,
            it.reason,
            it.createdBy,
            dayOf(it.createdAt),
            it.id,
          ])
          out.table(['HELD', 'REASON', 'BY', 'SINCE', 'ID'], rows, [out.paint.bold])
        })
      }),
    )

  hold
    .command('release <id>')
    .description('release a hold: what it kept may be erased again')
    .option(ofTenant, whose)
    .addHelpText('after', '\nExample:\n  $ aside privacy hold release hld_01k…')
    .action(
      act(async ({ out, connect }, holdId: string, { tenant }: OfTenantOption) => {
        const connection = await connect()
        const query = await chooseTenant(connection, tenant)
        await connection.client.call(releaseHold, { params: { holdId }, query })
        out.show({ id: holdId, released: true }, () => out.line(`${out.paint.green('released')} ${holdId}`))
      }),
    )
}
