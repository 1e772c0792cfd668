import type { Command } from 'commander'
import { readConfig, storeProblem } from '../connect.ts'
import { act } from '../context.ts'
import { EXIT, Problem, usage } from '../problems.ts'
import { hasWidget } from './embed.ts'

interface ServeOptions {
  port?: string
  host?: string
}

export function addServeCommand(program: Command): void {
  program
    .command('serve')
    .description('run the server, until Ctrl-C')
    .option('--port <port>', 'where it listens (default: ASIDE_PORT, or 8787; 0 takes a free one)')
    .option('--host <host>', 'on which address (default: ASIDE_HOST, or 127.0.0.1)')
    .addHelpText(
      'after',
      '\nThe log goes to standard error, one JSON line an event; ASIDE_LOG=warn makes it quiet.\n\nExamples:\n  $ aside serve\n  $ aside serve --port 9000 --data-dir /var/lib/aside\n  $ OPENAI_API_KEY=… aside serve --host 0.0.0.0',
    )
    .action(
      act(async ({ globals, out }, { port, host }: ServeOptions) => {
        if (globals.url !== undefined) throw usage('serve runs a server here', 'leave --url (ASIDE_URL) out')
        const env = {
          ...process.env,
          ...(port === undefined ? {} : { ASIDE_PORT: port }),
          ...(host === undefined ? {} : { ASIDE_HOST: host }),
          ...(globals.verbose ? { ASIDE_LOG: 'debug' } : {}),
        }
        const config = readConfig(globals.dataDir, env)
        const { runServer } = await import('@aside/server')
        const { url } = await runServer(config).catch((error: unknown) => {
          throw inWords(error, `${config.host}:${config.port}`)
        })
        const { database, openai, publicUrl } = config
        const store = database.kind === 'sqlite' ? database.file : 'Postgres'
        const model = openai ? openai.model : 'local (quotes the sources; set OPENAI_API_KEY for a language model)'
        const widget = await hasWidget(url)
        if (out.json)
          out.row({
            url,
            publicUrl: publicUrl ?? url,
            pid: process.pid,
            store,
            model: openai?.model ?? 'local',
            widget,
          })
        else {
          out.line(`Aside listens on ${out.paint.bold(out.paint.cyan(url))}`)
          if (publicUrl) out.line(`  public  ${publicUrl}`)
          out.line(`  API     ${url}/docs`)
          out.line(`  store   ${store}`)
          out.line(`  model   ${model}`)
          if (!widget)
            out.line(
              `  widget  ${out.paint.red('not built')}, so no page gets one: npm run build, then start this again`,
            )
          out.line(out.paint.dim('Ctrl-C ends it; other commands talk to it by themselves.'))
        }
        // It leaves the process itself, by a signal.
        await new Promise(() => {})
      }),
    )
}

function inWords(error: unknown, where: string): Problem {
  if (!(error instanceof Error)) return storeProblem(error)
  if (error.name === 'StoreTaken')
    return new Problem('store_taken', error.message, {
      hint: 'end it, or choose another folder with --data-dir',
      exit: EXIT.unreachable,
      cause: error,
    })
  const wayOut = { hint: 'choose another with --port or --host', cause: error }
  switch ('code' in error && error.code) {
    case 'EADDRINUSE':
      return new Problem('listen', `${where} is in use by another program`, wayOut)
    case 'EACCES':
      return new Problem('listen', `this user may not listen on ${where}`, wayOut)
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new Problem('listen', `${where} is not an address of this machine`, wayOut)
    default:
      return storeProblem(error)
  }
}
