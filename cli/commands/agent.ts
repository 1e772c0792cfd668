import { Argument, type Command, Option } from 'commander'
import {
  acceptInvitation,
  type Agent,
  type AgentChanges,
  createAgent,
  createClient,
  inviteAgent,
  type Invited,
  listAgents,
  pages,
  removeAgent,
  type Role,
  roles,
  updateAgent,
  type WorkingKey,
} from '@aside/protocol'
import { chooseTenant, type OfTenant } from '../choose.ts'
import type { Connection } from '../connect.ts'
import { act, type Context } from '../context.ts'
import { type Output, printable } from '../output.ts'
import { readNewPassword } from '../password.ts'
import { Problem } from '../problems.ts'
import { dayOf } from '../words.ts'

interface TenantOption {
  tenant?: string
}

const withTenant = (command: Command) =>
  command.option('--tenant <tenant>', 'whose: a name or an id (where there are several)')

async function everyAgent({ client }: Connection, query: OfTenant): Promise<Agent[]> {
  const all: Agent[] = []
  for await (const page of pages(client, listAgents, { query })) all.push(...page.agents)
  return all
}

/** By id, or by e-mail address. */
async function chooseAgent(
  connection: Connection,
  wanted: string,
  { tenant }: TenantOption,
): Promise<{ agent: Agent; target: { params: { agentId: string }; query: OfTenant } }> {
  const query = await chooseTenant(connection, tenant)
  const all = await everyAgent(connection, query)
  const agent = all.find((it) => it.id === wanted || it.email === wanted.trim().toLowerCase())
  if (agent) return { agent, target: { params: { agentId: agent.id }, query } }
  throw new Problem('not_found', `no agent is called ${wanted}`, { hint: 'see who there is: aside agent list' })
}

/** Whoever is disabled cannot come in, invited or not: that is said first. */
function stateOf({ status, invitedUntil }: Agent): string {
  if (status === 'active' && invitedUntil === undefined) return 'active'
  const isOver = invitedUntil !== undefined && Date.parse(invitedUntil) < Date.now()
  const invited =
    invitedUntil === undefined ? 'not invited' : `invited until ${dayOf(invitedUntil)}${isOver ? ' (over)' : ''}`
  return status === 'disabled' ? (invitedUntil === undefined ? 'disabled' : `disabled, ${invited}`) : invited
}

function showInvitation(out: Output, made: Invited): void {
  out.show(made, () => {
    out.line(made.invitation.token)
    out.note(
      `Give this to ${made.agent.email}, over a way that is safe: with it they choose their password, until ${dayOf(made.invitation.expiresAt)}.`,
    )
    out.note('It is not shown again. Here it is used by: aside agent accept')
  })
}

/** Machines may use them, so they stay; but who made them has seen them. */
function tellKeys(out: Output, keys: WorkingKey[]): void {
  if (keys.length === 0) return
  out.note('Keys they made that still work:')
  for (const { id, name, prefix, hint } of keys) out.note(`  ${printable(name)}  ${id}  ${prefix}…${hint}`)
  out.note('Replace each where it is used: aside key rotate <key>, or end it: aside key revoke <key>')
}

export function addAgentCommands(program: Command): void {
  const agent = program.command('agent').description('the people of a tenant, and what each of them may')

  withTenant(agent.command('create <email>'))
    .description('invite a person; this is the only time the invitation is shown')
    .option('--name <name>', 'what they are called (default: the address)')
    .addOption(new Option('--role <role>', 'what they may').choices(roles).default('agent'))
    .addHelpText(
      'after',
      '\nRoles: a viewer sees how things are set up, an agent talks to visitors too, an admin changes all but the tenant itself,\nand an owner everything.\n\nExample:\n  $ aside agent create anna@acme.example --name "Anna Berg" --role owner',
    )
    .action(
      act(async ({ out, connect }, email: string, { tenant, role, name = email }: NewAgentOptions) => {
        const connection = await connect()
        const query = await chooseTenant(connection, tenant)
        showInvitation(out, await connection.client.call(createAgent, { query, body: { email, name, role } }))
      }),
    )

  withTenant(agent.command('list'))
    .description('list the people')
    .addHelpText('after', '\nExample:\n  $ aside agent list')
    .action(
      act(async ({ out, connect }, options: TenantOption) => {
        const connection = await connect()
        const agents = await everyAgent(connection, await chooseTenant(connection, options.tenant))
        out.show({ agents }, () => {
          if (agents.length === 0) return out.note('There is nobody yet. Invite somebody: aside agent create <email>')
          out.table(
            ['E-MAIL', 'ID', 'NAME', 'ROLE', 'STATE', 'LAST LOGIN'],
            agents.map((it) => [
              it.email,
              it.id,
              it.name,
              it.role,
              stateOf(it),
              it.lastLoginAt ? dayOf(it.lastLoginAt) : 'never',
            ]),
            [out.paint.bold],
          )
        })
      }),
    )

  async function change(
    { out, connect }: Context,
    wanted: string,
    options: TenantOption,
    changes: AgentChanges,
    did: string,
  ): Promise<void> {
    const connection = await connect()
    const { target } = await chooseAgent(connection, wanted, options)
    const changed = await connection.client.call(updateAgent, { ...target, body: changes })
    out.show(changed, () => {
      out.line(`${out.paint.green(did)} ${changed.email} ${out.paint.dim(changed.id)}`)
      tellKeys(out, changed.keys ?? [])
    })
  }

  withTenant(agent.command('role <agent>'))
    .description('give another role; it holds from the next request on')
    .addArgument(new Argument('<role>', 'what they may from now on').choices(roles))
    .addHelpText('after', '\nExample:\n  $ aside agent role anna@acme.example admin')
    .action(
      act((context, wanted: string, role: Role, options: TenantOption) =>
        change(context, wanted, options, { role }, `now ${role}:`),
      ),
    )

  withTenant(agent.command('disable <agent>'))
    .description('sign a person out everywhere, and let them in no more')
    .option('--undo', 'let them in again, with the password they had')
    .addHelpText('after', '\nExample:\n  $ aside agent disable anna@acme.example')
    .action(
      act((context, wanted: string, { undo = false, ...options }: TenantOption & { undo?: boolean }) =>
        change(context, wanted, options, { disabled: !undo }, undo ? 'enabled' : 'disabled'),
      ),
    )

  withTenant(agent.command('remove <agent>'))
    .description('remove a person, who is signed out everywhere')
    .addHelpText('after', '\nExample:\n  $ aside agent remove anna@acme.example')
    .action(
      act(async ({ out, connect }, wanted: string, options: TenantOption) => {
        const connection = await connect()
        const { agent: found, target } = await chooseAgent(connection, wanted, options)
        const { keys } = await connection.client.call(removeAgent, target)
        out.show({ id: found.id, removed: true, keys }, () => {
          out.line(`${out.paint.green('removed')} ${found.email} ${out.paint.dim(found.id)}`)
          tellKeys(out, keys)
        })
      }),
    )

  withTenant(agent.command('invite <agent>'))
    .description('invite anew, where a password is lost: the old one is over, and so are the sign-ins')
    .addHelpText('after', '\nExample:\n  $ aside agent invite anna@acme.example')
    .action(
      act(async ({ out, connect }, wanted: string, options: TenantOption) => {
        const connection = await connect()
        const { target } = await chooseAgent(connection, wanted, options)
        showInvitation(out, await connection.client.call(inviteAgent, target))
      }),
    )

  agent
    .command('accept <invitation>')
    .description('choose the password, with an invitation; it is asked for, or read from standard input')
    .addHelpText('after', '\nExamples:\n  $ aside agent accept inv_…\n  $ pass show aside | aside agent accept inv_…')
    .action(
      act(async ({ globals, out, connect }, token: string) => {
        const password = await readNewPassword()
        // The invitation is all it takes: a server elsewhere wants no key beside it.
        const client =
          globals.url === undefined
            ? (await connect()).as(() => undefined)
            : createClient({ baseUrl: globals.url.replace(/\/+$/, '') })
        const accepted = await client.call(acceptInvitation, { body: { token, password } })
        out.show(accepted, () => out.line(`${out.paint.green('welcome')} ${accepted.email}`))
      }),
    )
}

interface NewAgentOptions extends TenantOption {
  name?: string
  role: Role
}
