/** All commands, and how each of them ends. */
import { Command, CommanderError, Option } from 'commander'
import manifest from './package.json' with { type: 'json' }
import { addAgentCommands } from './commands/agent.ts'
import { addAppCommands } from './commands/app.ts'
import { addApplyCommands } from './commands/apply.ts'
import { addAuditCommand } from './commands/audit.ts'
import { addCdnCommands } from './commands/cdn.ts'
import { addChatCommand } from './commands/chat.ts'
import { addCompletionCommand } from './commands/completion.ts'
import { addConfigCommands } from './commands/config.ts'
import { addDoctorCommand } from './commands/doctor.ts'
import { addEmbedCommand } from './commands/embed.ts'
import { addIdentityCommands } from './commands/identity.ts'
import { addErase } from './commands/erase.ts'
import { addKeyCommands } from './commands/key.ts'
import { addOriginCommands } from './commands/origin.ts'
import { addPrivacyCommands } from './commands/privacy.ts'
import { addServeCommand } from './commands/serve.ts'
import { addSourceCommands } from './commands/source.ts'
import { addStoreCommands } from './commands/store.ts'
import { addTenantCommands } from './commands/tenant.ts'
import { addUsageCommands } from './commands/usage.ts'
import { createOutput } from './output.ts'
import { complain, EXIT } from './problems.ts'

const guide = `
The data is the local database (ASIDE_DATA_DIR, DATABASE_URL), through the server that has it open, or through one of
the command's own. With --url and --key it is that of a server elsewhere.

Examples:
  $ aside serve                                        run the server here
  $ aside tenant create Acme
  $ aside app create Shop --origin https://shop.example
  $ aside source add docs/ --app Shop                  what it answers from
  $ aside chat Shop "How do I send something back?"
  $ aside embed Shop                                   the tag for the page
  $ aside app list --url https://chat.example --key as_sk_live_…

Exit codes:
  0    done
  1    failed: refused, not found, not confirmed, or a check is not ok
  2    wrong usage: a command, option, value, file or setting that cannot be; nothing was changed
  3    the server, the store or the page cannot be reached, or another process has the store
  130  given up with Ctrl-C

Environment: ASIDE_URL, ASIDE_KEY (better than --key, which others on the machine can see), and the server's settings.`

export function createProgram(): Command {
  const program = new Command('aside')
    .description('Chat on any page, answered from your own documents.')
    // In full it would be taken for this one behind every command; `run` knows it where it stands alone.
    .version(manifest.version, '-V', 'print the version; also --version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .addOption(new Option('--url <url>', 'a server elsewhere, instead of the local database').env('ASIDE_URL'))
    .addOption(new Option('--key <key>', 'the secret key to call with').env('ASIDE_KEY'))
    .option('--data-dir <folder>', 'the folder of the local database (default: ASIDE_DATA_DIR, or .data)')
    .option('--json', 'print JSON; errors too, on standard error')
    .option('--verbose', 'log what happens, and where an error comes from')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: () => {} })
    .exitOverride()
    .addHelpText('after', guide)
  program.commandsGroup('Run it:')
  addServeCommand(program)
  addDoctorCommand(program)
  program.commandsGroup('Set it up:')
  addTenantCommands(program)
  addAppCommands(program)
  addOriginCommands(program)
  addConfigCommands(program)
  addKeyCommands(program)
  addIdentityCommands(program)
  addAgentCommands(program)
  addSourceCommands(program)
  addApplyCommands(program)
  addAuditCommand(program)
  addUsageCommands(program)
  program.commandsGroup('Use it:')
  addEmbedCommand(program)
  addCdnCommands(program)
  addChatCommand(program)
  program.commandsGroup('Keep it, and let it go:')
  addStoreCommands(program)
  addPrivacyCommands(program)
  addErase(program)
  addCompletionCommand(program)
  return program
}

/** `aside source add`, for pointing at its help: the commands that were named, without what was given to them. */
function commandLine(program: Command, args: string[]): string {
  const path = [program.name()]
  let at = program
  for (const arg of args) {
    const next = at.commands.find((it) => it.name() === arg)
    if (next) path.push(arg)
    at = next ?? at
  }
  return path.join(' ')
}

/** Runs to the end and leaves the process. */
export async function run(args: string[]): Promise<void> {
  // Whoever reads our output may stop: `aside source list | head`.
  process.stdout.on('error', () => process.exit(EXIT.ok))
  const program = createProgram()
  try {
    if (args.length === 0) program.outputHelp()
    else await program.parseAsync(args[0] === '--version' ? ['-V'] : args, { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError && (error.exitCode === 0 || error.code === 'commander.help'))
      process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage
    else {
      const json = args.includes('--json')
      const complaint = complain(error, commandLine(program, args), args)
      createOutput({ json }).complain(complaint)
      if (args.includes('--verbose') && error instanceof Error) process.stderr.write(`${error.stack}\n`)
      process.exitCode = complaint.exit
    }
  }
  process.stdout.write('', () => process.exit())
}
