import { type Command, InvalidArgumentError, Option } from 'commander'
import { createKey, type Key, revokeKey, rotateKey, type Scope, scopes } from '@aside/protocol'
import { allKeys, chooseApp, chooseTenant, isGood, type OfTenant, tenantOf } from '../choose.ts'
import type { Connection } from '../connect.ts'
import { act } from '../context.ts'
import { readDuration } from '../durations.ts'
import { tellNamesakes } from '../namesakes.ts'
import { Problem, usage } from '../problems.ts'
import { dayOf, minuteOf } from '../words.ts'

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
  if (options.app !== undefined && !options.publishable)
    throw usage('--app is for a publishable key', 'add --publishable; a secret key is good for all apps of its tenant')
  if (!options.publishable) return { query: await chooseTenant(connection, options.tenant) }
  const app = await chooseApp(connection, options.app, options)
  return { query: tenantOf(connection, app), appId: app.id }
}

const state = (key: Key): string => {
  if (key.revokedAt) return `revoked ${dayOf(key.revokedAt)}`
  if (!key.expiresAt) return 'valid'
  return Date.parse(key.expiresAt) < Date.now() ? 'expired' : `valid until ${dayOf(key.expiresAt)}`
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
        await tellNamesakes(out, 'key', made.key, async () => (await allKeys(connection, query)).filter(isGood))
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
        const keys = await allKeys(connection, await chooseTenant(connection, options.tenant))
        out.show({ keys }, () => {
          if (keys.length === 0) return out.note('There is no key yet. Make one: aside key create <name>')
          out.table(
            ['NAME', 'ID', 'KIND', 'ENDS IN', 'STATE', 'LAST USED', 'SCOPES'],
            keys.map((it) => [
              it.name,
              it.id,
              `${it.kind} ${it.env}`,
              `…${it.hint}`,
              state(it),
              it.lastUsedAt ? dayOf(it.lastUsedAt) : 'never',
              it.scopes.length === scopes.length ? 'all' : it.scopes.join(' '),
            ]),
            [out.paint.bold],
          )
        })
      }),
    )

  key
    .command('rotate <key>')
    .description('make a key in the place of another; this is the only time it is shown')
    .option('--overlap <time>', 'how long the old one stays good: 24h, 7d (default: 24h)')
    .option('--now', 'end the old one at once')
    .option('--tenant <tenant>', 'whose it is: a name or an id (where there are several)')
    .addHelpText(
      'after',
      '\nThe new key may do the same, under the same name.\n\nExamples:\n  $ aside key rotate ci --overlap 7d\n  $ aside key rotate key_01k… --now',
    )
    .action(
      act(async ({ out, connect }, wanted: string, options: RotateOptions) => {
        const overlapHours = readOverlap(options)
        const connection = await connect()
        const query = await chooseTenant(connection, options.tenant)
        const old = await chooseKey(connection, query, wanted)
        const made = await connection.client.call(rotateKey, {
          params: { keyId: old.id },
          query,
          body: { overlapHours },
        })
        out.show(made, () => {
          out.line(made.secret)
          const until = minuteOf(Date.now() + overlapHours * 3_600_000)
          const end = overlapHours === 0 ? 'has ended' : `is good until ${until} at most`
          out.note(`Keep it now: it is not shown again. The old one, …${old.hint}, ${end}.`)
        })
      }),
    )

  key
    .command('revoke <key>')
    .description(
      'end a key at once, with every session that was started with it; by its name, those it was rotated from too',
    )
    .option('--tenant <tenant>', 'whose it is: a name or an id (where there are several)')
    .addHelpText('after', '\nExamples:\n  $ aside key revoke ci\n  $ aside key revoke key_01k…')
    .action(
      act(async ({ out, connect }, wanted: string, options: { tenant?: string }) => {
        const connection = await connect()
        const query = await chooseTenant(connection, options.tenant)
        const ids = await chooseAllOf(connection, query, wanted)
        for (const keyId of ids) await connection.client.call(revokeKey, { params: { keyId }, query })
        out.show({ id: ids[0], ids, revoked: true }, () => {
          for (const id of ids) out.line(`${out.paint.green('revoked')} ${id}`)
        })
      }),
    )
}

interface RotateOptions {
  tenant?: string
  overlap?: string
  now?: boolean
}

function readOverlap({ overlap, now }: RotateOptions): number {
  if (now && overlap !== undefined) throw usage('--now and --overlap exclude each other', 'leave one out')
  if (now) return 0
  if (overlap === undefined) return 24
  const hours = readDuration(overlap, '--overlap') / 3_600_000
  if (!Number.isInteger(hours) || hours > 720)
    throw usage(`--overlap ${overlap} is not possible`, 'whole hours, at most 30d')
  return hours
}

/** One by its id; by a name, with those it was rotated from that are still good: whoever ends a key means all there is of it. */
async function chooseAllOf(connection: Connection, query: OfTenant, wanted: string): Promise<string[]> {
  const keys = await allKeys(connection, query)
  const isAlive = (it: Key) => !it.revokedAt && (!it.expiresAt || Date.parse(it.expiresAt) > Date.now())
  const current = keys.filter((it) => it.name === wanted && isGood(it))
  const alive = keys.filter((it) => it.name === wanted && isAlive(it))
  if (keys.some((it) => it.id === wanted) || current.length > 1 || alive.length === 0)
    return [(await chooseKey(connection, query, wanted)).id]
  return alive.map((it) => it.id)
}

/** By its id, or by the name of one that is good. Throws where there is none, or the name is that of several. */
async function chooseKey(connection: Connection, query: OfTenant, wanted: string): Promise<Pick<Key, 'id' | 'hint'>> {
  if (/^as_(sk|pk)_/.test(wanted)) throw usage('this is a key itself', 'say its name or its id: aside key list')
  const keys = await allKeys(connection, query)
  const byId = keys.find((it) => it.id === wanted)
  if (byId) return byId
  const named = keys.filter((it) => it.name === wanted && isGood(it))
  if (named.length > 1)
    throw usage(`which one? ${named.map((it) => `${it.id} (…${it.hint})`).join(', ')}`, 'say its id')
  if (!named[0])
    throw new Problem('not_found', `there is no key ${wanted} that is good`, { hint: 'see: aside key list' })
  return named[0]
}
