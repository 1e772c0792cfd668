import { type Command, InvalidArgumentError, Option } from 'commander'
import {
  type BudgetStand,
  listNotices,
  type Notice,
  pages,
  readUsage,
  readUsageToday,
  type UsageBy,
  usageBy,
  type UsageRow,
} from '@aside/protocol'
import { chooseApp, chooseTenant, type OfTenant } from '../choose.ts'
import { act } from '../context.ts'
import type { Output } from '../output.ts'

interface UsageOptions {
  tenant?: string
  app?: string
  from?: string
  to?: string
  by: UsageBy
}

const day = (text: string): string => {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || Number.isNaN(Date.parse(text)))
    throw new InvalidArgumentError('A day like 2026-01-31.')
  return text
}

const number = (value: number) => value.toLocaleString('en')
/** In the currency of the prices, whichever it is. */
const money = (millionths: number) => (millionths / 1e6).toFixed(millionths < 1e6 ? 4 : 2)

const heads: Record<UsageBy, string[]> = {
  day: ['DAY'],
  app: ['APP'],
  model: ['MODEL'],
  config: ['APP', 'CONFIG'],
  visitor: ['APP', 'VISITOR'],
}
const namesOf = (by: UsageBy, row: UsageRow): string[] =>
  ({
    day: [row.day],
    app: [row.appId],
    model: [row.model],
    config: [row.appId, `#${row.config}`],
    visitor: [row.appId, row.visitorId],
  })[by].map((it) => it ?? '')

const BAR = 20
const bar = (share: number) => {
  const full = Math.round(Math.min(1, Math.max(0, share)) * BAR)
  return `${'█'.repeat(full)}${'░'.repeat(BAR - full)}`
}

function showUsage(out: Output, by: UsageBy, rows: UsageRow[]): void {
  const tokens = (row: UsageRow) => row.inputTokens + row.outputTokens
  const most = Math.max(1, ...rows.map(tokens))
  out.table(
    [...heads[by], 'TURNS', 'COMPLETED', 'TOKENS IN', 'OUT', 'COST', ''],
    rows.map((row) => [
      ...namesOf(by, row),
      number(row.turns),
      `${Math.round((100 * row.completed) / Math.max(1, row.turns))} %`,
      `${row.estimatedTurns > 0 ? '~' : ''}${number(row.inputTokens)}`,
      number(row.outputTokens),
      money(row.costMillionths),
      bar(tokens(row) / most),
    ]),
    [out.paint.bold],
  )
}

function showBudgets(out: Output, budgets: BudgetStand[]): void {
  const limitOf = ({ tokensPerDay, moneyPerDay, tokens, costMillionths }: BudgetStand) =>
    [
      ...(tokensPerDay === undefined ? [] : [`${number(tokens)} of ${number(tokensPerDay)} tokens`]),
      ...(moneyPerDay === undefined ? [] : [`${money(costMillionths)} of ${moneyPerDay} money`]),
    ].join(', ')
  const paint = { free: out.paint.green, warned: out.paint.yellow, spent: out.paint.red }
  out.line(out.paint.bold('Budgets today'))
  for (const it of budgets)
    out.line(
      `${it.budget.padEnd(8)}${paint[it.state](bar(it.percent / 100))} ${String(it.percent).padStart(3)} %  ${limitOf(it)}${it.appId ? out.paint.dim(`  ${it.appId}`) : ''}`,
    )
}

export function addUsageCommands(program: Command): void {
  const usage = program
    .command('usage')
    .description('what was used: turns, tokens, cost, and what is left of the budgets')
    .option('--tenant <tenant>', 'whose: a name or an id (where there are several)')
    .option('--app <app>', 'of one app: a name or an id')
    .option('--from <day>', 'the first day, UTC (default: 30 days ago)', day)
    .option('--to <day>', 'the last day, UTC (default: today)', day)
    .addOption(new Option('--by <what>', 'what to tell apart').choices(usageBy).default('day'))
    .addHelpText(
      'after',
      '\nExamples:\n  $ aside usage\n  $ aside usage --by config --app Shop --from 2026-01-01\n  $ aside usage notices\n\nCOMPLETED are the turns that came to their end: with an answer, or with words that there is none.\nA ~ says that some of the tokens are estimated: the provider did not count them.',
    )
    .action(
      act(async ({ out, connect }, options: UsageOptions) => {
        const connection = await connect()
        const { client } = connection
        const ofTenant: OfTenant = await chooseTenant(connection, options.tenant)
        const app = options.app === undefined ? undefined : await chooseApp(connection, options.app, options)
        const { from, to, by } = options
        const query = {
          ...ofTenant,
          by,
          ...(app ? { appId: app.id } : {}),
          ...(from === undefined ? {} : { from }),
          ...(to === undefined ? {} : { to }),
        }
        const rows: UsageRow[] = []
        for await (const page of pages(client, readUsage, { query })) rows.push(...page.usage)
        const budgets: BudgetStand[] = []
        for await (const page of pages(client, readUsageToday, { query: ofTenant })) budgets.push(...page.budgets)
        const shown = app ? budgets.filter((it) => (it.appId ?? app.id) === app.id) : budgets
        out.show({ usage: rows, budgets: shown }, () => {
          if (rows.length === 0) out.note('Nothing was asked in these days.')
          else showUsage(out, by, rows)
          if (shown.length > 0) {
            out.line()
            showBudgets(out, shown)
          }
        })
      }),
    )

  usage
    .command('notices')
    .description('budgets that have reached 80 or 100 % of a day')
    .option('--tenant <tenant>', 'whose: a name or an id (where there are several)')
    .addHelpText('after', '\nExample:\n  $ aside usage notices')
    .action(
      act(async ({ out, connect }, options: { tenant?: string }) => {
        const connection = await connect()
        const query = await chooseTenant(connection, options.tenant ?? usage.opts<UsageOptions>().tenant)
        const notices: Notice[] = []
        for await (const page of pages(connection.client, listNotices, { query })) notices.push(...page.notices)
        out.show({ notices }, () => {
          if (notices.length === 0) return out.note('No budget has reached 80 % yet.')
          out.table(
            ['DAY', 'BUDGET', 'REACHED', 'OF'],
            notices.map((it) => [
              it.day,
              it.budget,
              it.kind === 'budget.spent' ? '100 %' : '80 %',
              [it.appId, it.visitorId].filter(Boolean).join(' '),
            ]),
            [out.paint.bold],
          )
        })
      }),
    )
}
