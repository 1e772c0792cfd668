import type { Command } from 'commander'
import {
  createIdentitySecret,
  type IdentitySecret,
  listIdentitySecrets,
  pages,
  revokeIdentitySecret,
} from '@aside/protocol'
import { chooseApp, chooseTenant, tenantOf } from '../choose.ts'
import { act } from '../context.ts'
import { dayOf } from '../words.ts'

interface OfApp {
  app?: string
  tenant?: string
}

const scopeOf = ({ tenant }: OfApp) => (tenant === undefined ? {} : { tenant })

export function addSecretCommands(identity: Command): void {
  const secret = identity.command('secret').description('what your backend signs with: two for each app at the most')

  secret
    .command('create [name]')
    .description('create a secret; this is the only time it is shown')
    .option('--app <app>', 'a name or an id (where there are several)')
    .option('--tenant <tenant>', 'whose app: a name or an id (where there are several)')
    .addHelpText(
      'after',
      '\nIt is <kid>.<key>: the kid goes into the header of the tokens, the key, as text, signs them.\n\nExamples:\n  $ aside identity secret create --app Shop\n  $ export ASIDE_IDENTITY_SECRET=$(aside identity secret create --json | jq -r .secret)',
    )
    .action(
      act(async ({ out, connect }, name: string | undefined, options: OfApp) => {
        const connection = await connect()
        const app = await chooseApp(connection, options.app, scopeOf(options))
        const made = await connection.client.call(createIdentitySecret, {
          query: tenantOf(connection, app),
          body: { appId: app.id, ...(name === undefined ? {} : { name }) },
        })
        out.show(made, () => {
          out.line(made.secret)
          out.note(
            'Keep it now: it is not shown again. Whoever has it can be any visitor: for your backend, never a page.',
          )
        })
      }),
    )

  secret
    .command('list')
    .description('list the secrets of an app, without what they are')
    .option('--app <app>', 'a name or an id (where there are several)')
    .option('--tenant <tenant>', 'whose app: a name or an id (where there are several)')
    .addHelpText('after', '\nExample:\n  $ aside identity secret list --app Shop')
    .action(
      act(async ({ out, connect }, options: OfApp) => {
        const connection = await connect()
        const app = await chooseApp(connection, options.app, scopeOf(options))
        const query = { ...tenantOf(connection, app), appId: app.id }
        const identitySecrets: IdentitySecret[] = []
        for await (const page of pages(connection.client, listIdentitySecrets, { query }))
          identitySecrets.push(...page.identitySecrets)
        out.show({ identitySecrets }, () => {
          if (identitySecrets.length === 0)
            return out.note('There is no secret yet. Make one: aside identity secret create')
          out.table(
            ['NAME', 'ID', 'MADE', 'STATE'],
            identitySecrets.map((it) => [
              it.name,
              it.id,
              dayOf(it.createdAt),
              it.revokedAt ? `revoked ${dayOf(it.revokedAt)}` : 'good',
            ]),
            [out.paint.bold],
          )
        })
      }),
    )

  secret
    .command('revoke <id>')
    .description('end a secret at once, with every session that its tokens proved')
    .option('--tenant <tenant>', 'whose it is: a name or an id (where there are several)')
    .addHelpText('after', '\nExample:\n  $ aside identity secret revoke ids_01k…')
    .action(
      act(async ({ out, connect }, secretId: string, options: { tenant?: string }) => {
        const connection = await connect()
        const query = await chooseTenant(connection, options.tenant)
        await connection.client.call(revokeIdentitySecret, { params: { secretId }, query })
        out.show({ id: secretId, revoked: true }, () => out.line(`${out.paint.green('revoked')} ${secretId}`))
      }),
    )
}
