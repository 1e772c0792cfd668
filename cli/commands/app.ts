import type { Command } from 'commander'
import { type App, AppConfig, createApp } from '@aside/protocol'
import { allApps, chooseTenant } from '../choose.ts'
import { act, type Context } from '../context.ts'
import { readText } from '../files.ts'
import { tellNamesakes } from '../namesakes.ts'
import { canonicalOrigin, refusedOrigin } from '../origin.ts'
import { printable } from '../output.ts'
import { chooseWholeApp, update } from '../whole-app.ts'
import { dayOf } from '../words.ts'
import { addWidgetCommand } from './app-widget.ts'

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
    .option('--config <file>', 'a YAML or JSON file with more: theme, words, suggestedQuestions, temperature …')
    .addHelpText(
      'after',
      '\nExamples:\n  $ aside app create Shop --origin https://shop.example --origin http://localhost:3000\n  $ aside app create Support --tenant Acme --config support.yaml',
    )
    .action(
      act(async ({ out, connect }, name: string, options: NewAppOptions) => {
        const config = await readAppConfig(options)
        const origins = options.origin.map((it) => canonicalOrigin(it, '--origin'))
        for (const remark of origins.flatMap((it) => it.remarks)) out.note(remark)
        const allowedOrigins = origins.map((it) => it.origin)
        const connection = await connect()
        const query = await chooseTenant(connection, options.tenant)
        const made = await connection.client
          .call(createApp, { query, body: { name, allowedOrigins, config } })
          .catch((error: unknown) => {
            throw refusedOrigin(error, allowedOrigins, '--origin')
          })
        out.show(made, () => out.line(`${out.paint.green('created')} ${made.name} ${out.paint.dim(made.id)}`))
        await tellNamesakes(out, 'app', made, () => allApps(connection, query))
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
        const apps = await allApps(connection, query)
        out.show({ apps }, () => {
          if (apps.length === 0) return out.note('There is no app yet. Make one: aside app create <name>')
          out.table(
            ['NAME', 'ID', 'MODEL', 'ORIGINS'],
            apps.map((it) => [it.name, it.id, it.config.model ?? 'default', it.allowedOrigins.join(' ') || 'none']),
            [out.paint.bold],
          )
        })
      }),
    )

  app
    .command('show [app]')
    .description('show an app: where it may be embedded, and which configuration is live')
    .option('--tenant <tenant>', 'whose it is: a name or an id (where a name is not enough)')
    .addHelpText('after', '\nExample:\n  $ aside app show Shop')
    .action(
      act(async (context, wanted: string | undefined, options: { tenant?: string }) => {
        const connection = await context.connect()
        show(context, (await chooseWholeApp(connection, wanted, options)).app)
      }),
    )

  app
    .command('rename <app> <name>')
    .description('give an app another name')
    .option('--tenant <tenant>', 'whose it is: a name or an id (where a name is not enough)')
    .addHelpText('after', '\nExample:\n  $ aside app rename Shop "Acme Shop"')
    .action(
      act(async (context, wanted: string, name: string, options: { tenant?: string }) => {
        const connection = await context.connect()
        const before = await chooseWholeApp(connection, wanted, options)
        const { app: renamed } = await update(connection, before, { name })
        show(context, renamed)
        await tellNamesakes(context.out, 'app', renamed, () => allApps(connection, before.query))
      }),
    )

  addWidgetCommand(app)
}

function show({ out }: Context, app: App): void {
  const { live } = app
  out.show(app, () => {
    const { paint } = out
    const trial = live.trial ? `, and ${live.trial.config} for ${live.trial.percent} % of the visitors` : ''
    out.line(`${paint.bold(printable(app.name))} ${paint.dim(app.id)}`)
    out.line(`  tenant   ${app.tenantId}`)
    out.line(`  created  ${dayOf(app.createdAt)}`)
    out.line(`  live     configuration ${live.config} since ${dayOf(live.since)}${trial}`)
    out.line(`  model    ${printable(app.config.model ?? 'the default')}`)
    out.line(`  origins  ${app.allowedOrigins.join('\n           ') || 'none, so no page can embed it'}`)
  })
}

async function readAppConfig({ config: file, model, prompt, greeting }: NewAppOptions): Promise<AppConfig> {
  const written = file === undefined ? {} : await readConfigFile(file)
  return {
    ...written,
    ...(model === undefined ? {} : { model }),
    ...(prompt === undefined ? {} : { systemPrompt: prompt }),
    ...(greeting === undefined ? {} : { words: { ...written.words, greeting } }),
  }
}

async function readConfigFile(file: string): Promise<AppConfig> {
  const { parseYaml } = await import('../read-yaml.ts')
  return parseYaml(readText(file), AppConfig, file)
}
