import { type Command, InvalidArgumentError, Option } from 'commander'
import { AuditAction, type AuditEntry, listAudit, pages } from '@aside/protocol'
import { chooseTenant } from '../choose.ts'
import { act } from '../context.ts'
import { readSince } from '../durations.ts'
import { secondOf } from '../words.ts'

interface AuditOptions {
  tenant?: string
  since?: string
  action?: AuditAction
  actor?: string
  target?: string
  limit: number
}

const most = (text: string): number => {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('A number from 1 on.')
  return Number(text)
}

const detailOf = ({ detail = {} }: AuditEntry) =>
  Object.entries(detail)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')

const shortened = (text: string) => (text.length > 80 ? `${text.slice(0, 79)}…` : text)

export function addAuditCommand(program: Command): void {
  program
    .command('audit')
    .description('what was done, by whom, the newest first')
    .option('--tenant <tenant>', 'in one tenant only: a name or an id')
    .option('--since <when>', 'not before: 7d, 24h, 30m, or a date')
    .addOption(new Option('--action <action>', 'only this').choices(AuditAction.options))
    .option('--actor <id>', 'only by this key, agent or visitor')
    .option('--target <id>', 'only to this')
    .option('--limit <n>', 'at most so many', most, 50)
    .addHelpText(
      'after',
      '\nExamples:\n  $ aside audit --since 7d\n  $ aside audit --action key.created --json | jq -r ".entries[].target"\n  $ aside audit --target app_01k…',
    )
    .action(
      act(async ({ out, connect }, { tenant, since, action, actor, target, limit }: AuditOptions) => {
        const after = since === undefined ? undefined : readSince(since, '--since')
        const connection = await connect()
        const of = tenant === undefined ? {} : await chooseTenant(connection, tenant)
        const query = {
          ...of,
          ...(after === undefined ? {} : { since: after }),
          ...(action === undefined ? {} : { action }),
          ...(actor === undefined ? {} : { actor }),
          ...(target === undefined ? {} : { target }),
          limit: String(Math.min(limit, 100)),
        }
        const entries: AuditEntry[] = []
        let isMore = false
        for await (const page of pages(connection.client, listAudit, { query })) {
          entries.push(...page.entries)
          isMore = entries.length > limit || (entries.length === limit && page.nextCursor !== undefined)
          if (entries.length >= limit) break
        }
        const shown = entries.slice(0, limit)
        out.show({ entries: shown, isMore }, () => {
          if (shown.length === 0) return out.note('Nothing was done.')
          out.table(
            ['AT', 'ACTION', 'BY', 'TARGET', 'RESULT', 'DETAIL'],
            shown.map((it) => [
              secondOf(it.at),
              it.action,
              it.actor.id ?? it.actor.kind,
              it.target ?? '',
              it.result,
              shortened(detailOf(it)),
            ]),
            [out.paint.dim, out.paint.bold],
          )
        })
        if (isMore && !out.json) out.note(`These are the newest ${limit}; there are more: --limit, --since`)
      }),
    )
}
