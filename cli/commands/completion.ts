import { Argument, type Command } from 'commander'
import { createClient, listAgents } from '@aside/protocol'
import { readAddress } from '@aside/server/address'
import { allApps, allKeys, allSources, allTenants, chooseTenant, isGood } from '../choose.ts'
import { complete, type Named, type Names } from '../completion.ts'
import { scripts } from '../completion-scripts.ts'
import { type Connection, readConfig } from '../connect.ts'
import { act } from '../context.ts'
import { printable } from '../output.ts'
import { chooseWholeApp, versionsOf } from '../whole-app.ts'

/** Longer, and whoever pressed Tab would rather have nothing. */
const PATIENCE_MS = 400

/** Of a server that runs: none is started for this. Whatever goes wrong, there are no names. */
const namesOf: Names = async (of, given) => {
  const { url = process.env['ASIDE_URL'], key = process.env['ASIDE_KEY'] } = given
  try {
    const address = url === undefined ? readAddress(readConfig(given['dataDir'])) : { url, token: key }
    if (!address) return []
    const token = key ?? address.token
    const client = createClient({
      baseUrl: address.url.replace(/\/+$/, ''),
      token: () => token,
      fetch: (input, init) => fetch(input, { ...init, signal: AbortSignal.timeout(PATIENCE_MS) }),
    })
    const isOperator = token?.startsWith('as_op_') ?? false
    return await lists[of]({ client, as: () => client, isOperator, where: address.url, close: async () => {} }, given)
  } catch {
    return []
  }
}

type List = (connection: Connection, given: Record<string, string>) => Promise<string[]>
const ofTenant = (connection: Connection, { tenant }: Record<string, string>) => chooseTenant(connection, tenant)
const appOf = (connection: Connection, { app, tenant }: Record<string, string>) =>
  chooseWholeApp(connection, app, tenant === undefined ? {} : { tenant })

const lists: Record<Named, List> = {
  app: async (it) => (await allApps(it, {})).map(({ name }) => name),
  tenant: async (it) => (await allTenants(it)).map(({ name }) => name),
  origin: async (it, given) => (await appOf(it, given)).app.allowedOrigins,
  config: async (it, given) =>
    (await Array.fromAsync(versionsOf(it, await appOf(it, given)))).map(({ number }) => String(number)),
  key: async (it, given) => (await allKeys(it, await ofTenant(it, given))).filter(isGood).map(({ name }) => name),
  agent: async (it, given) =>
    (await it.client.call(listAgents, { query: await ofTenant(it, given) })).agents.map(({ email }) => email),
  source: async (it, given) => (await allSources(it, (await appOf(it, given)).app.id)).map(({ name }) => name),
}

export function addCompletionCommand(program: Command): void {
  program
    .command('completion')
    .description('print a script that lets a shell complete commands, options and names')
    .addArgument(new Argument('<shell>', 'which one').choices(Object.keys(scripts)))
    .addHelpText(
      'after',
      '\nNames of apps, tenants, keys and the like are completed while a server runs.\n\nExamples:\n  $ source <(aside completion bash)       in ~/.bashrc\n  $ source <(aside completion zsh)        in ~/.zshrc, after compinit\n  $ aside completion fish > ~/.config/fish/completions/aside.fish',
    )
    .action(
      act(async ({ out }, shell: string) => {
        const script = scripts[shell as keyof typeof scripts]
        out.show({ shell, script }, () => out.write(script))
      }),
    )

  program
    .command('__complete [words...]', { hidden: true })
    .description('what could come next, for the scripts of "completion"')
    .action(
      act(async ({ out }, words: string[]) => {
        const found = await complete(program, words, namesOf)
        if (found === 'files') return out.line(':files')
        for (const [word, description] of found) out.line(printable(`${word}\t${description.replace(/\s+/g, ' ')}`))
      }),
    )
}
