import type { Command } from 'commander'
import { createTenant, listTenants } from '@aside/protocol'
import { act } from '../context.ts'

export function addTenantCommands(program: Command): void {
  const tenant = program.command('tenant').description('customer organisations')

  tenant
    .command('create <name>')
    .description('create a tenant')
    .addHelpText('after', '\nExample:\n  $ aside tenant create Acme')
    .action(
      act(async ({ out, connect }, name: string) => {
        const { client } = await connect()
        const made = await client.call(createTenant, { body: { name } })
        out.show(made, () => {
          out.line(`${out.paint.green('created')} ${made.name} ${out.paint.dim(made.id)}`)
          out.note(`Next: aside app create <name> --tenant ${made.id} --origin https://…`)
        })
      }),
    )

  tenant
    .command('list')
    .description('list all tenants')
    .addHelpText('after', "\nExample:\n  $ aside tenant list --json | jq -r '.tenants[].id'")
    .action(
      act(async ({ out, connect }) => {
        const { client } = await connect()
        const reply = await client.call(listTenants, {})
        out.show(reply, () => {
          if (reply.tenants.length === 0)
            return out.note('There is no tenant yet. Make one: aside tenant create <name>')
          const rows = reply.tenants.map((it) => [it.name, it.id, it.createdAt.slice(0, 10)])
          out.table(['NAME', 'ID', 'CREATED'], rows, [out.paint.bold])
        })
      }),
    )
}
