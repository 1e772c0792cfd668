import { text } from 'node:stream/consumers'
import { Argument, type Command, InvalidArgumentError } from 'commander'
import {
  enforceIdentity,
  IdentityMode,
  type IdentityReason,
  readIdentity,
  readIdentityReport,
  verifyIdentity,
} from '@aside/protocol'
import { type Chosen, chooseApp, tenantOf } from '../choose.ts'
import type { Connection } from '../connect.ts'
import { act } from '../context.ts'
import { mintIdentity } from '../identity-token.ts'
import { EXIT, Problem, usage } from '../problems.ts'
import { addSecretCommands } from './identity-secret.ts'
import { minuteOf } from '../words.ts'

const APP = ['--app <app>', 'a name or an id (where there are several)'] as const

interface OfApp {
  app?: string
  tenant?: string
}

/** What each failed check means to whoever mints. */
const meanings: Record<IdentityReason, string> = {
  malformed: 'it is no JWT of three parts in base64url, or its JSON can be read in two ways',
  header: 'its header may hold alg, typ and kid, and nothing else',
  type: 'the header must say "typ": "aside-id+jwt"',
  algorithm: 'the header must say "alg": "HS256"',
  secret_unknown: 'its kid is no secret of this app that is good now',
  secret_unreadable: 'the server cannot read the secret: ASIDE_SECRETS_KEY is another one than when it was made',
  signature: 'the signature is not that of the secret its kid names: the key is what follows the dot, as text',
  claims_missing: 'it must have sub, aud, iat and exp',
  subject: 'sub must be a text of 1 to 128 characters, none of them a control character',
  audience: 'aud must be the id of this app, as a text',
  issued_at: 'iat must be now, in seconds: check the clock of the backend',
  expired: 'it has expired: mint one for each page view, or give the widget a getToken',
  not_yet_valid: 'nbf is in the future',
  lifetime: 'exp must be at most 24 hours after iat',
  attributes: 'email must be an address, name at most 120 characters',
}

const seconds = (given: string): number => {
  const found = /^([1-9][0-9]{0,5})(s|m|h)$/.exec(given)
  const lifetimeS = found ? Number(found[1]) * { s: 1, m: 60, h: 3_600 }[found[2] as 's' | 'm' | 'h'] : 0
  if (lifetimeS < 1 || lifetimeS > 86_400) throw new InvalidArgumentError('A time like 90s, 15m or 24h; 24h at most.')
  return lifetimeS
}

/** What is piped in, on one line. */
async function piped(what: string): Promise<string> {
  if (process.stdin.isTTY) throw usage(`${what} is read from standard input`, 'pipe it in')
  return (await text(process.stdin)).trim()
}

async function appOf(connection: Connection, { app, tenant }: OfApp): Promise<{ chosen: Chosen; query: object }> {
  const chosen = await chooseApp(connection, app, tenant === undefined ? {} : { tenant })
  return { chosen, query: tenantOf(connection, chosen) }
}

export function addIdentityCommands(program: Command): void {
  const identity = program
    .command('identity')
    .description('signed identity: visitors who are somebody, on the word of your backend')
  addSecretCommands(identity)

  identity
    .command('mode')
    .description('show, or set, what an app asks of its visitors')
    .addArgument(
      new Argument('[mode]', 'nothing, count who would be refused, or refuse them').choices(IdentityMode.options),
    )
    .option(...APP)
    .option('--tenant <tenant>', 'whose app: a name or an id (where there are several)')
    .addHelpText(
      'after',
      '\nExamples:\n  $ aside identity mode --app Shop\n  $ aside identity mode observe --app Shop\n  $ aside identity mode enforce --app Shop',
    )
    .action(
      act(async ({ out, connect }, mode: IdentityMode | undefined, options: OfApp) => {
        const connection = await connect()
        const { chosen, query } = await appOf(connection, options)
        const at = { params: { appId: chosen.id }, query }
        const { client } = connection
        const found =
          mode === undefined
            ? await client.call(readIdentity, at)
            : await client.call(enforceIdentity, { ...at, body: { mode } })
        out.show({ appId: chosen.id, ...found }, () =>
          out.line(
            `${out.paint.bold(found.mode)} ${out.paint.dim(`${chosen.name}, secrets: ${found.secrets.length}`)}`,
          ),
        )
        if (found.mode === 'enforce' && found.secrets.length === 0)
          out.note('It has no secret, so it lets nobody in: aside identity secret create')
      }),
    )

  identity
    .command('mint <sub>')
    .description('make a token on this machine, for trying out; the secret is ASIDE_IDENTITY_SECRET')
    .option(...APP)
    .option('--tenant <tenant>', 'whose app: a name or an id (where there are several)')
    .option('--secret <secret>', 'the secret, or - to read it from standard input')
    .option('--email <email>', 'their address')
    .option('--name <name>', 'what they are called')
    .option('--ttl <time>', 'how long it is good, like 90s, 15m or 24h', seconds, 900)
    .addHelpText(
      'after',
      '\nExamples:\n  $ export ASIDE_IDENTITY_SECRET=$(aside identity secret create --json | jq -r .secret)\n  $ aside identity mint customer-7 --email ada@shop.example --name Ada\n  $ pass show aside | aside identity mint customer-7 --secret - --app app_…',
    )
    .action(
      act(
        async (
          { out, connect },
          subject: string,
          options: OfApp & { secret?: string; email?: string; name?: string; ttl: number },
        ) => {
          let secret = options.secret ?? process.env['ASIDE_IDENTITY_SECRET']
          if (secret === undefined || secret === '')
            throw usage('which secret?', 'set ASIDE_IDENTITY_SECRET, or pipe it in with --secret -')
          if (secret === '-') secret = await piped('the secret')
          else if (options.secret !== undefined)
            out.note('Others on this machine can see --secret: better set ASIDE_IDENTITY_SECRET, or pipe it in.')
          // Of an app that is given by its id nothing needs to be asked.
          const isId = /^app_[0-9a-z]{26}$/.test(options.app ?? '')
          const appId = isId ? options.app! : (await appOf(await connect(), options)).chosen.id
          const { email, name, ttl } = options
          const token = mintIdentity({ secret, appId, subject, email, name, lifetimeS: ttl })
          out.show({ token, appId, sub: subject, expiresInS: ttl }, () => out.line(token))
        },
      ),
    )

  identity
    .command('verify [token]')
    .description('ask the server whether a token is good, and if not, what is wrong with it')
    .option(...APP)
    .option('--tenant <tenant>', 'whose app: a name or an id (where there are several)')
    .addHelpText(
      'after',
      '\nWithout a token it is read from standard input.\n\nExamples:\n  $ aside identity mint customer-7 | aside identity verify\n  $ aside identity verify eyJhbGciOiJI… --app Shop',
    )
    .action(
      act(async ({ out, connect }, given: string | undefined, options: OfApp) => {
        const token = given ?? (await piped('the token'))
        const connection = await connect()
        const { chosen, query } = await appOf(connection, options)
        const verdict = await connection.client.call(verifyIdentity, { query, body: { appId: chosen.id, token } })
        const { ok, reason, claims } = verdict
        out.show(verdict, () => {
          if (!claims) return
          const until = minuteOf(claims.exp * 1_000)
          out.line(`${out.paint.green('good')} ${claims.sub} ${out.paint.dim(`until ${until}`)}`)
        })
        if (ok) return
        if (out.json) process.exitCode = EXIT.refused
        else
          throw new Problem(reason ?? 'identity_invalid', `${reason}: ${reason ? meanings[reason] : 'it is not good'}`)
      }),
    )

  identity
    .command('report')
    .description('who would be refused, by day, while an app is in observe')
    .option(...APP)
    .option('--tenant <tenant>', 'whose app: a name or an id (where there are several)')
    .option('--days <days>', 'how many days back, 90 at most', '7')
    .addHelpText(
      'after',
      '\nExamples:\n  $ aside identity report\n  $ aside identity report --app Shop --days 30 --json',
    )
    .action(
      act(async ({ out, connect }, options: OfApp & { days: string }) => {
        const connection = await connect()
        const { chosen, query } = await appOf(connection, options)
        const asked = { ...query, appId: chosen.id, days: options.days }
        const report = await connection.client.call(readIdentityReport, { query: asked })
        out.show(report, () =>
          out.table(
            ['DAY', 'VERIFIED', 'MISSING', 'INVALID', 'WHY'],
            report.days.map((it) => [
              it.day,
              it.verified,
              it.missing,
              it.invalid,
              it.reasons.map(({ reason, count }) => `${reason} ${count}`).join(', '),
            ]),
            [out.paint.bold],
          ),
        )
        const refused = report.days.reduce((sum, it) => sum + it.missing + it.invalid, 0)
        if (refused > 0) out.note(`Enforced, ${refused} of them would have been refused.`)
      }),
    )
}
