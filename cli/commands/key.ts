import { type Command, InvalidArgumentError, Option } from 'commander'
import { createKey, type Key, listKeys, revokeKey, type Scope, scopes } from '@aside/protocol'
import { chooseApp, chooseTenant, type OfTenant, tenantOf } from '../choose.ts'
import type { Connection } from '../connect.ts'
import { act } from '../context.ts'

interface NewKeyOptions {
  tenant?: string
  app?: string
  publishable?: boolean
  env: 'live' | 'test'
  scope?: Scope[]
  expiresInDays?: number
}

const days = (text: string): number => {
  if (!/^[1-9][0-9]{0,3}$/.test(text)) throw new InvalidArgumentError('A number of days, from 1 to 3650.')
  return Number(text)
}

async function whose(connection: Connection, options: NewKeyOptions): Promise<{ query: OfTenant; appId?: string }> {
  if (options.app === undefined && !options.publishable)
    return { query: await chooseTenant(connection, options.tenant) }
  const app = await chooseApp(connection, options.app, options)
  return { query: tenantOf(connection, app), appId: app.id }
}

const state = (key: Key): string => {
  if (key.revokedAt) return `revoked ${key.revokedAt.slice(0, 10)}`
  if (!key.expiresAt) return 'valid'
  return Date.parse(key.expiresAt) < Date.now() ? 'expired' : `valid until ${key.expiresAt.slice(0, 10)}`
}

export function addKeyCommands(program: Command): void {
  const key = program.command('key').description('keys: secret ones for servers, publishable ones for pages')

  key
    .command('create <name>')
    .description('create a key; this is the only time it is shown')
    .option('--tenant <tenant>', 'whose it is: a name or an id (where there are several)')
    .option('--app <app>', 'the app a publishable key stands for: a name or an id')
    .option('--publishable', 'a key for pages: an address of one app, no secret')
    .addOption(new Option('--scope <scopes...>', 'what a secret key may do (default: everything)').choices(scopes))
    .addOption(new Option('--env <env>', 'what it is for').choices(['live', 'test']).default('live'))
    .option('--expires-in-days <days>', 'when it ends (default: never)', days)
    .addHelpText(
      'after',
      '\nExamples:\n  $ aside key create "nightly import" --scope sources:read sources:write --expires-in-days 90\n  $ aside key create website --publishable --app Shop\n  $ export ASIDE_KEY=$(aside key create ci --json | jq -r .secret)',
    )
    .action(
      act(async ({ out, connect }, name: string, options: NewKeyOptions) => {
        const connection = await connect()
        const { query, appId } = await whose(connection, options)
        const made = await connection.client.call(createKey, {
          query,
          body: {
            name,
            kind: options.publishable ? 'publishable' : 'secret',
            env: options.env,
            ...(appId === undefined ? {} : { appId }),
            ...(options.scope ? { scopes: options.scope } : {}),
            ...(options.expiresInDays === undefined ? {} : { expiresInDays: options.expiresInDays }),
          },
        })
        out.show(made, () => {
          out.line(made.secret)
          if (made.key.kind === 'secret')
            out.note('Keep it now: it is not shown again. It is for servers, never for a page.')
        })
      }),
    )

  key
    .command('list')
    .description('list the keys, without their secrets')
    .option('--tenant <tenant>', 'whose: a name or an id (where there are several)')
    .addHelpText('after', '\nExample:\n  $ aside key list')
    .action(
      act(async ({ out, connect }, options: { tenant?: string }) => {
        const connection = await connect()
        const reply = await connection.client.call(listKeys, { query: await chooseTenant(connection, options.tenant) })
        out.show(reply, () => {
          if (reply.keys.length === 0) return out.note('There is no key yet. Make one: aside key create <name>')
          out.table(
            ['NAME', 'ID', 'KIND', 'ENDS IN', 'STATE', 'LAST USED', 'SCOPES'],
            reply.keys.map((it) => [
              it.name,
              it.id,
              `${it.kind} ${it.env}`,
              `…${it.hint}`,
              state(it),
              it.lastUsedAt?.slice(0, 10) ?? 'never',
              it.scopes.length === scopes.length ? 'all' : it.scopes.join(' '),
            ]),
            [out.paint.bold],
          )
        })
      }),
    )

  key
    .command('revoke <id>')
    .description('end a key at once')
    .option('--tenant <tenant>', 'whose it is: a name or an id (where there are several)')
    .addHelpText('after', '\nExample:\n  $ aside key revoke key_01k…')
    .action(
      act(async ({ out, connect }, keyId: string, options: { tenant?: string }) => {
        const connection = await connect()
        const query = await chooseTenant(connection, options.tenant)
        await connection.client.call(revokeKey, { params: { keyId }, query })
        out.show({ id: keyId, revoked: true }, () => out.line(`${out.paint.green('revoked')} ${keyId}`))
      }),
    )
}
