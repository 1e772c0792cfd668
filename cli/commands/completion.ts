import { Argument, type Command } from 'commander'
import { listApps, listTenants, createClient } from '@aside/protocol'
import { readAddress } from '@aside/server/address'
import { complete, type Names } from '../completion.ts'
import { scripts } from '../completion-scripts.ts'
import { readConfig } from '../connect.ts'
import { act } from '../context.ts'
import { printable } from '../output.ts'

/** Longer, and whoever pressed Tab would rather have nothing. */
const PATIENCE_MS = 400

/** Of a server that runs: none is started for this. Whatever goes wrong, there are no names. */
const namesOf: Names = async (of, globals) => {
  const { url = process.env['ASIDE_URL'], key = process.env['ASIDE_KEY'] } = globals
  try {
    const address = url === undefined ? readAddress(readConfig(globals['dataDir'])) : { url, token: key }
    if (!address) return []
    const client = createClient({ baseUrl: address.url.replace(/\/+$/, ''), token: () => key ?? address.token })
    const options = { timeoutMs: PATIENCE_MS }
    const named =
      of === 'app'
        ? (await client.call(listApps, {}, options)).apps
        : (await client.call(listTenants, {}, options)).tenants
    return named.map((it) => it.name)
  } catch {
    return []
  }
}

export function addCompletionCommand(program: Command): void {
  program
    .command('completion')
    .description('print a script that lets a shell complete commands, options and names')
    .addArgument(new Argument('<shell>', 'which one').choices(Object.keys(scripts)))
    .addHelpText(
      'after',
      '\nNames of apps and tenants are completed while a server runs.\n\nExamples:\n  $ source <(aside completion bash)       in ~/.bashrc\n  $ source <(aside completion zsh)        in ~/.zshrc, after compinit\n  $ aside completion fish > ~/.config/fish/completions/aside.fish',
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
