import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import * as v from 'valibot'
import { AppConfig, createApp, listApps } from '@aside/protocol'
import { chooseTenant } from '../choose.ts'
import { act } from '../context.ts'
import { usage } from '../problems.ts'

interface NewAppOptions {
  tenant?: string
  origin: string[]
  model?: string
  prompt?: string
  greeting?: string
  config?: string
}

export function addAppCommands(program: Command): void {
  const app = program.command('app').description('assistants: one for each product or site')

  app
    .command('create <name>')
    .description('create an app')
    .option('--tenant <tenant>', 'whose it is: a name or an id (where there are several)')
    .option(
      '--origin <origins...>',
      'where it may be embedded, like https://shop.example; without one it answers nobody',
      [],
    )
    .option('--model <model>', 'a model of the provider, or "local", which quotes the sources and needs no key')
    .option('--prompt <text>', 'how the assistant should answer')
    .option('--greeting <text>', 'what a visitor reads first')
    .option('--config <file>', 'a JSON file with more: theme, words, suggestedQuestions, temperature …')
    .addHelpText(
      'after',
      '\nExamples:\n  $ aside app create Shop --origin https://shop.example --origin http://localhost:3000\n  $ aside app create Support --tenant Acme --config support.json',
    )
    .action(
      act(async ({ out, connect }, name: string, options: NewAppOptions) => {
        const config = readAppConfig(options)
        const connection = await connect()
        const query = await chooseTenant(connection, options.tenant)
        const made = await connection.client.call(createApp, {
          query,
          body: { name, allowedOrigins: options.origin, config },
        })
        out.show(made, () => out.line(`${out.paint.green('created')} ${made.name} ${out.paint.dim(made.id)}`))
        if (made.allowedOrigins.length === 0)
          out.note('It has no allowed origins, so no page can embed it: give --origin for each page that should.')
        else if (!out.json) out.note(`Next: aside source add <folder> --app ${made.id}, aside embed ${made.id}`)
      }),
    )

  app
    .command('list')
    .description('list the apps')
    .option('--tenant <tenant>', 'of one tenant only: a name or an id')
    .addHelpText('after', '\nExamples:\n  $ aside app list\n  $ aside app list --tenant Acme --json')
    .action(
      act(async ({ out, connect }, options: { tenant?: string }) => {
        const connection = await connect()
        const query = options.tenant === undefined ? {} : await chooseTenant(connection, options.tenant)
        const reply = await connection.client.call(listApps, { query })
        out.show(reply, () => {
          if (reply.apps.length === 0) return out.note('There is no app yet. Make one: aside app create <name>')
          out.table(
            ['NAME', 'ID', 'MODEL', 'ORIGINS'],
            reply.apps.map((it) => [
              it.name,
              it.id,
              it.config.model ?? 'default',
              it.allowedOrigins.join(' ') || 'none',
            ]),
            [out.paint.bold],
          )
        })
      }),
    )
}

function readAppConfig({ config: file, model, prompt, greeting }: NewAppOptions): AppConfig {
  const written = file === undefined ? {} : parseFile(file)
  return {
    ...written,
    ...(model === undefined ? {} : { model }),
    ...(prompt === undefined ? {} : { systemPrompt: prompt }),
    ...(greeting === undefined ? {} : { words: { ...written.words, greeting } }),
  }
}

function parseFile(file: string): AppConfig {
  let json: unknown
  try {
    json = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw usage(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
  const parsed = v.safeParse(AppConfig, json)
  if (parsed.success) return parsed.output
  throw usage(`${file}: ${parsed.issues.map((it) => `${v.getDotPath(it) ?? 'the file'}: ${it.message}`).join('; ')}`)
}
