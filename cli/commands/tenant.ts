import { type Command, InvalidArgumentError } from 'commander'
import { type Budget, createTenant, type Tenant, updateTenant } from '@aside/protocol'
import { allTenants, chooseWholeTenant } from '../choose.ts'
import { act, type Context } from '../context.ts'
import { tellNamesakes } from '../namesakes.ts'
import { printable } from '../output.ts'
import { dayOf } from '../words.ts'

export function addTenantCommands(program: Command): void {
  const tenant = program.command('tenant').description('customer organisations')

  tenant
    .command('create <name>')
    .description('create a tenant')
    .addHelpText('after', '\nExample:\n  $ aside tenant create Acme')
    .action(
      act(async ({ out, connect }, name: string) => {
        const connection = await connect()
        const made = await connection.client.call(createTenant, { body: { name } })
        out.show(made, () => {
          out.line(`${out.paint.green('created')} ${made.name} ${out.paint.dim(made.id)}`)
          out.note(`Next: aside app create <name> --tenant ${made.id} --origin https://…`)
        })
        await tellNamesakes(out, 'tenant', made, () => allTenants(connection))
      }),
    )

  tenant
    .command('list')
    .description('list all tenants')
    .addHelpText('after', "\nExample:\n  $ aside tenant list --json | jq -r '.tenants[].id'")
    .action(
      act(async ({ out, connect }) => {
        const tenants = await allTenants(await connect())
        out.show({ tenants }, () => {
          if (tenants.length === 0) return out.note('There is no tenant yet. Make one: aside tenant create <name>')
          const rows = tenants.map((it) => [it.name, it.id, dayOf(it.createdAt), budgetOf(it)])
          out.table(['NAME', 'ID', 'CREATED', 'BUDGET'], rows, [out.paint.bold])
        })
      }),
    )

  tenant
    .command('show [tenant]')
    .description('show a tenant: the only one there is, or the one of the key')
    .addHelpText('after', '\nExample:\n  $ aside tenant show Acme')
    .action(
      act(async (context, wanted: string | undefined) => {
        const connection = await context.connect()
        show(context, await chooseWholeTenant(connection, wanted))
      }),
    )

  tenant
    .command('rename <tenant> <name>')
    .description('give a tenant another name')
    .addHelpText('after', '\nExample:\n  $ aside tenant rename Acme "Acme Ltd"')
    .action(
      act(async (context, wanted: string, name: string) => {
        const connection = await context.connect()
        const { id } = await chooseWholeTenant(connection, wanted)
        const renamed = await connection.client.call(updateTenant, { params: { tenantId: id }, body: { name } })
        show(context, renamed)
        await tellNamesakes(context.out, 'tenant', renamed, () => allTenants(connection))
      }),
    )

  tenant
    .command('budget [tenant]')
    .description('show or limit what all apps of a tenant together may use within a day, UTC')
    .option('--tokens <number>', 'tokens, in and out together; "off" ends the limit', limit)
    .option('--money <amount>', 'in the currency of the prices; "off" ends the limit', limit)
    .addHelpText(
      'after',
      '\nExamples:\n  $ aside tenant budget\n  $ aside tenant budget Acme --tokens 2000000 --money off',
    )
    .action(
      act(async (context, wanted: string | undefined, { tokens, money }: BudgetOptions) => {
        const connection = await context.connect()
        const chosen = await chooseWholeTenant(connection, wanted)
        if (tokens === undefined && money === undefined) return show(context, chosen)
        const limits = {
          tokensPerDay: tokens ?? chosen.budget?.tokensPerDay,
          moneyPerDay: money ?? chosen.budget?.moneyPerDay,
        }
        const budget: Budget = Object.fromEntries(
          Object.entries(limits).filter((it): it is [string, number] => typeof it[1] === 'number'),
        )
        show(context, await connection.client.call(updateTenant, { params: { tenantId: chosen.id }, body: { budget } }))
      }),
    )
}

interface BudgetOptions {
  tokens?: number | 'off'
  money?: number | 'off'
}

function limit(text: string): number | 'off' {
  if (text === 'off') return 'off'
  const plain = text.replaceAll('_', '')
  if (!/^\d{1,13}(\.\d{1,6})?$/.test(plain)) throw new InvalidArgumentError('A number, or "off".')
  return Number(plain)
}

function budgetOf({ budget = {} }: Tenant): string {
  const { tokensPerDay, moneyPerDay } = budget
  const limits = [
    ...(tokensPerDay === undefined ? [] : [`${tokensPerDay.toLocaleString('en')} tokens a day`]),
    ...(moneyPerDay === undefined ? [] : [`${moneyPerDay} a day`]),
  ]
  return limits.join(', ') || 'none'
}

function show({ out }: Context, tenant: Tenant): void {
  out.show(tenant, () => {
    const { paint } = out
    out.line(`${paint.bold(printable(tenant.name))} ${paint.dim(tenant.id)}`)
    out.line(`  created  ${dayOf(tenant.createdAt)}`)
    out.line(`  budget   ${budgetOf(tenant)}`)
  })
}
