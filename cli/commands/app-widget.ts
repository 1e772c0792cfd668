import { type Command, InvalidArgumentError } from 'commander'
import { chooseWidget, readWidget, type Widget, type WidgetChoice } from '@aside/protocol'
import { chooseApp, tenantOf } from '../choose.ts'
import { act, type Context } from '../context.ts'
import { printable } from '../output.ts'
import { Problem, usage } from '../problems.ts'

interface WidgetOptions {
  tenant?: string
  version?: string
  next?: string
  percent?: number
  rollBack?: boolean
}

function percentage(text: string): number {
  if (!/^(100|[1-9]?\d)$/.test(text)) throw new InvalidArgumentError('A whole number from 0 to 100.')
  return Number(text)
}

export function addWidgetCommand(app: Command): void {
  app
    .command('widget [app]')
    .description('show or choose which version of the widget an app’s visitors get')
    .option('--tenant <tenant>', 'whose it is: a name or an id (where a name is not enough)')
    .option('--version <version>', 'what everybody gets: latest, or a version like v1, v1.2 or v1.2.3')
    .option('--next <version>', 'what a share of the visitors gets; naming it with --version later ends the roll-out')
    .option('--percent <percent>', 'how many of them, from 0 to 100', percentage)
    .option('--roll-back', 'nobody gets the next one any more')
    .addHelpText(
      'after',
      '\nIt holds from the next time a visitor loads the chat.\n\nExamples:\n  $ aside app widget Shop\n  $ aside app widget Shop --version v0.1 --next v0.2 --percent 10\n  $ aside app widget Shop --percent 50\n  $ aside app widget Shop --version v0.2\n  $ aside app widget Shop --roll-back',
    )
    .action(
      act(async ({ out, connect }, wanted: string | undefined, options: WidgetOptions) => {
        const { tenant, version, next, percent, rollBack } = options
        if (rollBack && (next !== undefined || percent !== undefined))
          throw usage('a roll-back has no next version', 'leave --next and --percent out')
        const connection = await connect()
        const chosen = await chooseApp(connection, wanted, tenant === undefined ? {} : { tenant })
        const input = { params: { appId: chosen.id }, query: tenantOf(connection, chosen) }
        const signal = AbortSignal.timeout(20_000)
        const read = await connection.client.open(readWidget, input, { signal })
        const before = (await read.json()) as Widget
        if ([version, next, percent, rollBack].every((it) => it === undefined)) return show(out, chosen, before)

        const body = change(before, options)
        const headers = { 'if-match': read.headers.get('etag') ?? '*' }
        const written = await connection.client.open(chooseWidget, { ...input, body }, { signal, headers })
        show(out, chosen, (await written.json()) as Widget)
      }),
    )
}

function change(before: Widget, { version = before.version, next, percent, rollBack }: WidgetOptions): WidgetChoice {
  if (rollBack) {
    if (!before.next)
      throw new Problem('nothing_to_roll_back', `everybody gets ${before.version}: there is no next one to take back`, {
        hint: 'go to another version with --version',
      })
    return { version }
  }
  const named = next ?? before.next?.version
  const share = percent ?? (named === before.next?.version ? before.next?.percent : undefined)
  if (named === undefined) {
    if (percent !== undefined) throw usage('--percent of what?', 'name it: --next v0.2')
    return { version }
  }
  if (share === undefined) throw usage(`for how many is ${named}?`, 'say it: --percent 10')
  // It has become what everybody gets.
  if (next === undefined && named === version) return { version }
  return { version, next: { version: named, percent: share } }
}

function show(out: Context['out'], app: { id: string; name: string }, widget: Widget): void {
  const { version, next, serves, gone, available } = widget
  out.show({ appId: app.id, ...widget }, () => {
    out.line(`${out.paint.bold(printable(app.name))} ${out.paint.dim(app.id)}`)
    out.table(
      ['VERSION', 'SHARE', 'IS'],
      [
        [version, `${100 - (next?.percent ?? 0)} %`, serves?.version ?? 'not built'],
        ...(next ? [[next.version, `${next.percent} %`, serves?.next ?? 'not built']] : []),
      ],
    )
    out.line(`there is ${available.join(', ') || 'none'}`)
  })
  for (const name of gone) out.note(`${name} is not there any more: who should get it gets the next best.`)
}
