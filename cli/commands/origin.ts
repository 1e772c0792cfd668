import type { Command } from 'commander'
import { isFault } from '@aside/protocol'
import { chooseApp, tenantOf } from '../choose.ts'
import type { Connection } from '../connect.ts'
import { act, type Context } from '../context.ts'
import { canonicalOrigin, refusedOrigin } from '../origin.ts'
import { Problem } from '../problems.ts'
import { readWholeApp, update, type WholeApp } from '../whole-app.ts'

interface OriginOptions {
  tenant?: string
}

const withTenant = (command: Command): Command =>
  command.option('--tenant <tenant>', 'whose the app is: a name or an id (where a name is not enough)')

interface Changed {
  app: WholeApp['app']
  /** Before. */
  had: string[]
}

/** Reads, changes and writes, held to what was read; once more where somebody else was faster. */
async function change(
  connection: Connection,
  wanted: string,
  options: OriginOptions,
  decide: (origins: string[]) => string[],
): Promise<Changed> {
  const chosen = await chooseApp(connection, wanted, options)
  for (let attempt = 1; ; attempt++) {
    const before = await readWholeApp(connection, chosen.id, tenantOf(connection, chosen))
    const allowedOrigins = decide(before.app.allowedOrigins)
    const had = before.app.allowedOrigins
    if (allowedOrigins.join(' ') === had.join(' ')) return { had, app: before.app }
    try {
      return { had, app: (await update(connection, before, { allowedOrigins })).app }
    } catch (error) {
      if (isFault(error) && error.code === 'precondition_failed' && attempt === 1) continue
      throw refusedOrigin(error, allowedOrigins)
    }
  }
}

function show({ out }: Context, { id, allowedOrigins }: WholeApp['app']): void {
  out.show({ appId: id, allowedOrigins }, () => {
    if (allowedOrigins.length === 0) return out.note('No page may embed it: aside origin add <app> https://…')
    for (const origin of allowedOrigins) out.line(origin)
  })
}

/** What is new and what is gone is marked, and all that is allowed is shown. */
function tell({ out }: Context, { had, app: { id, allowedOrigins } }: Changed): void {
  const added = allowedOrigins.filter((it) => !had.includes(it))
  const removed = had.filter((it) => !allowedOrigins.includes(it))
  out.show({ appId: id, allowedOrigins, added, removed }, () => {
    const { paint } = out
    for (const origin of [...new Set([...had, ...allowedOrigins])].sort()) {
      if (added.includes(origin)) out.line(paint.green(`+ ${origin}`))
      else if (removed.includes(origin)) out.line(paint.red(`- ${origin}`))
      else out.line(`  ${origin}`)
    }
    if (added.length + removed.length === 0) out.note('It had them already: nothing was changed.')
    if (allowedOrigins.length === 0) out.note('No page may embed it now: aside origin add <app> https://…')
  })
}

export function addOriginCommands(program: Command): void {
  const origin = program.command('origin').description('where an app may be embedded')

  withTenant(origin.command('list [app]'))
    .description('list the origins of an app')
    .addHelpText('after', '\nExample:\n  $ aside origin list Shop')
    .action(
      act(async (context, wanted: string | undefined, options: OriginOptions) => {
        const connection = await context.connect()
        const chosen = await chooseApp(connection, wanted, options)
        show(context, (await readWholeApp(connection, chosen.id, tenantOf(connection, chosen))).app)
      }),
    )

  withTenant(origin.command('add <app> <origins...>'))
    .description('let pages of an origin embed the app')
    .addHelpText(
      'after',
      '\nAn origin is scheme, host and port, as a browser sends them. With *. before the host, every host below it.\n\nExamples:\n  $ aside origin add Shop https://shop.example http://localhost:3000\n  $ aside origin add Shop "https://*.shop.example"',
    )
    .action(
      act(async (context, wanted: string, written: string[], options: OriginOptions) => {
        const found = written.map((it) => canonicalOrigin(it))
        for (const remark of found.flatMap((it) => it.remarks)) context.out.note(remark)
        const added = found.map((it) => it.origin)
        const connection = await context.connect()
        tell(
          context,
          await change(connection, wanted, options, (origins) => [...new Set([...origins, ...added])].sort()),
        )
      }),
    )

  withTenant(origin.command('remove <app> <origins...>'))
    .description('let pages of an origin embed the app no longer')
    .addHelpText('after', '\nExample:\n  $ aside origin remove Shop http://localhost:3000')
    .action(
      act(async (context, wanted: string, written: string[], options: OriginOptions) => {
        const removed = written.map((it) => canonicalOrigin(it).origin)
        const connection = await context.connect()
        const changed = await change(connection, wanted, options, (origins) => {
          const missing = removed.filter((it) => !origins.includes(it))
          if (missing.length > 0)
            throw new Problem('not_found', `it does not have ${missing.join(', ')}`, {
              hint: origins.length > 0 ? `it has: ${origins.join(', ')}` : 'it has no origins',
            })
          return origins.filter((it) => !removed.includes(it))
        })
        tell(context, changed)
      }),
    )
}
