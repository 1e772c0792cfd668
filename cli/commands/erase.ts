import type { Command } from 'commander'
import { type Erased, eraseTenant, eraseVisitor, readApp, readTenant, removeApp } from '@aside/protocol'
import { chooseTenant } from '../choose.ts'
import { confirm } from '../confirm.ts'
import type { Connection } from '../connect.ts'
import { act } from '../context.ts'
import { type Output, printable } from '../output.ts'
import { usage } from '../problems.ts'

interface EraseOptions {
  tenant?: string
  yes?: boolean
}

/** It takes as long as there is much: its own work is done in small pieces. */
const PATIENCE = { timeoutMs: 3_600_000 }

/** `erase`, below whatever command. */
export function addErase(parent: Command): void {
  const name = parent.parent ? `aside ${parent.name()} erase` : 'aside erase'
  parent
    .command('erase <id>')
    .description('erase a visitor, an app or a tenant with everything that is kept of it')
    .option('-y, --yes', 'do not ask')
    .option('--tenant <tenant>', 'whose it is: a name or an id (where there are several)')
    .addHelpText(
      'after',
      `\nIt cannot be undone. Backups made before still have it, until they are thrown away.\n\nExamples:\n  $ ${name} vis_01k…\n  $ ${name} app_01k… --yes\n  $ ${name} ten_01k…`,
    )
    .action(
      act(async ({ out, connect }, id: string, options: EraseOptions) => {
        const kind = /^(vis|app|ten)_[0-9a-z]{26}$/.exec(id)?.[1]
        if (kind === undefined) throw usage(`${id} is no visitor (vis_…), app (app_…) or tenant (ten_…)`)
        const connection = await connect()
        const erased = await erase(connection, out, kind as 'vis' | 'app' | 'ten', id, options)
        out.show(erased, () => {
          const counts = Object.entries(erased.rows).filter(([, count]) => count > 0)
          out.line(`${out.paint.green('erased')} ${id}`)
          if (counts.length === 0) return out.note('There was nothing left of it.')
          out.table(
            ['TABLE', 'ROWS'],
            counts.map(([name, count]) => [name, count]),
          )
          if (!erased.isCompacted) out.note('The file is rewritten in a moment; until then it may hold fragments.')
        })
      }),
    )
}

async function erase(
  connection: Connection,
  out: Output,
  kind: 'vis' | 'app' | 'ten',
  id: string,
  { yes, tenant }: EraseOptions,
): Promise<Erased> {
  const { client } = connection
  const ask = async (what: string, wanted: string) => {
    if (!yes) await confirm(out, `This erases ${printable(what)} with everything that is kept of it, for good.`, wanted)
  }
  if (kind === 'ten') {
    if (!yes) {
      const { name } = await client.call(readTenant, { params: { tenantId: id } })
      await ask(`the tenant ${name}`, name)
    }
    return client.call(eraseTenant, { params: { tenantId: id } }, PATIENCE)
  }
  if (kind === 'app') {
    if (!yes) {
      const { name } = await client.call(readApp, { params: { appId: id } })
      await ask(`the app ${name}`, name)
    }
    const query = tenant === undefined ? {} : await chooseTenant(connection, tenant)
    return client.call(removeApp, { params: { appId: id }, query }, PATIENCE)
  }
  const query = await chooseTenant(connection, tenant)
  await ask(`the visitor ${id}`, 'yes')
  return client.call(eraseVisitor, { params: { visitorId: id }, query }, PATIENCE)
}
