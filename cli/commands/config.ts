import type { Command } from 'commander'
import { type AppConfig, type ConfigVersion, diffConfigs } from '@aside/protocol'
import { showChanges } from '../changes.ts'
import { act, type Context } from '../context.ts'
import { mustBeFree, toFile, type ToFile, writeText } from '../download.ts'
import { printable } from '../output.ts'
import { usage } from '../problems.ts'
import { activate, chooseWholeApp, findVersion, type OfApp, rollBack, stateOf, versionsOf } from '../whole-app.ts'
import { minuteOf } from '../words.ts'
import { addConfigChanges } from './config-change.ts'
import { numbered, numberOption, ofApp, showLive, tellTrialEnd } from './of-app.ts'

async function chosenConfig(context: Context, wanted: string | undefined, options: OfApp & { number?: number }) {
  const connection = await context.connect()
  const whole = await chooseWholeApp(connection, wanted, options)
  const { number = whole.app.live.config } = options
  const config: AppConfig =
    number === whole.app.live.config ? whole.app.config : (await findVersion(connection, whole, number)).config
  return { whole, number, config }
}

export function addConfigCommands(program: Command): void {
  const config = program
    .command('config')
    .description('how an app answers, looks and speaks: numbered, and one of them live')

  ofApp(config.command('show [app]'))
    .description('show a configuration: the live one')
    .addOption(numberOption('another one'))
    .addHelpText('after', '\nExamples:\n  $ aside config show Shop\n  $ aside config show --number 3 --json')
    .action(
      act(async (context, wanted: string | undefined, options: OfApp & { number?: number }) => {
        const { out } = context
        const { whole, number, config } = await chosenConfig(context, wanted, options)
        const { stringify } = await import('yaml')
        const { id, name, live } = whole.app
        const state = stateOf(whole.app, number) || 'not live'
        out.show({ appId: id, number, state, live, config }, () => {
          out.note(`${printable(name)}, configuration ${number} (${state})`)
          if (live.trial && live.trial.config !== number)
            out.note(
              `On trial for ${live.trial.percent} % of the visitors: configuration ${live.trial.config}. See: aside config show ${id} --number ${live.trial.config}`,
            )
          if (Object.keys(config).length === 0) out.note('It says nothing of its own: everything is as it comes.')
          else out.write(printable(stringify(config, { lineWidth: 0 })))
        })
      }),
    )

  ofApp(config.command('list [app]'))
    .description('list the configurations of an app, the newest first')
    .addHelpText('after', '\nExample:\n  $ aside config list Shop')
    .action(
      act(async ({ out, connect }, wanted: string | undefined, options: OfApp) => {
        const connection = await connect()
        const whole = await chooseWholeApp(connection, wanted, options)
        const configs = await Array.fromAsync(versionsOf(connection, whole))
        out.show({ appId: whole.app.id, live: whole.app.live, configs }, () =>
          out.table(
            ['NUMBER', 'STATE', 'CREATED', 'BY', 'NOTE'],
            configs.map((it) => [
              it.number,
              stateOf(whole.app, it.number),
              minuteOf(it.createdAt),
              it.createdBy,
              it.note ?? '',
            ]),
            [out.paint.bold, out.paint.green],
          ),
        )
      }),
    )

  ofApp(
    config
      .command('diff')
      .argument('<n>', 'a number: what would change if it went live', numbered)
      .argument('[to]', 'another: then, what changes from the first to it', numbered),
  )
    .description('show what would change from the live configuration to another, or from one to another')
    .addHelpText(
      'after',
      '\nA + is new in the second one, a - is gone from the first, a ~ is another.\n\nExamples:\n  $ aside config diff 3\n  $ aside config diff 3 5 --app Shop',
    )
    .action(
      act(async ({ out, connect }, n: number, to: number | undefined, options: OfApp) => {
        const connection = await connect()
        const whole = await chooseWholeApp(connection, undefined, options)
        const before = await findVersion(connection, whole, to === undefined ? whole.app.live.config : n)
        const after = await findVersion(connection, whole, to ?? n)
        const { changes } = await connection.client.call(diffConfigs, {
          params: { configId: after.id },
          query: { ...whole.query, against: before.id },
        })
        out.show({ from: before.number, to: after.number, changes }, () => {
          const named = ({ number }: ConfigVersion) =>
            [`configuration ${number}`, stateOf(whole.app, number)].filter(Boolean).join(', ')
          out.line(out.paint.dim(`from ${named(before)} → to ${named(after)}`))
          if (changes.length === 0) out.note('They say the same.')
          else showChanges(out, changes)
        })
      }),
    )

  ofApp(config.command('activate').argument('<n>', 'its number', numbered))
    .description('answer with this configuration from now on; a trial ends')
    .addHelpText('after', '\nExample:\n  $ aside config activate 4 --app Shop')
    .action(
      act(async (context, number: number, options: OfApp) => {
        const connection = await context.connect()
        const whole = await chooseWholeApp(connection, undefined, options)
        const { app } = await activate(connection, whole, { config: number })
        tellTrialEnd(context, whole.app, app)
        context.out.show(app, () => showLive(context, app))
      }),
    )

  ofApp(config.command('rollback [app]'))
    .description('go back to what was live before, for everybody; once more goes one further')
    .addHelpText('after', '\nExample:\n  $ aside config rollback Shop')
    .action(
      act(async (context, wanted: string | undefined, options: OfApp) => {
        const connection = await context.connect()
        const whole = await chooseWholeApp(connection, wanted, options)
        const { app } = await rollBack(connection, whole)
        tellTrialEnd(context, whole.app, app)
        context.out.show(app, () => showLive(context, app))
      }),
    )

  ofApp(config.command('split <n> [percent]'))
    .description('answer a share of the visitors with another configuration; "off" ends that')
    .addHelpText(
      'after',
      '\nThe same visitors get it each time.\n\nExamples:\n  $ aside config split 5 20 --app Shop\n  $ aside config split off',
    )
    .action(
      act(async (context, n: string, percent: string | undefined, options: OfApp) => {
        const trial = n === 'off' || percent === 'off' ? undefined : readTrial(n, percent)
        const connection = await context.connect()
        const whole = await chooseWholeApp(connection, undefined, options)
        const { live } = whole.app
        if (trial?.config === live.config)
          throw usage(`configuration ${live.config} is live for everybody`, 'try another one: aside config list')
        const { app } = await activate(connection, whole, { config: live.config, ...(trial ? { trial } : {}) })
        context.out.show(app, () => showLive(context, app))
      }),
    )

  toFile(ofApp(config.command('export [app]')))
    .description('write a configuration as YAML, with what else could be said in it')
    .addOption(numberOption('which; the live one where nothing is said'))
    .addHelpText('after', '\nExamples:\n  $ aside config export Shop -o shop.yaml\n  $ aside config import shop.yaml')
    .action(
      act(async (context, wanted: string | undefined, options: OfApp & ToFile & { number?: number }) => {
        const { out } = context
        if (options.out !== undefined) mustBeFree(options.out, options.force)
        const { config } = await chosenConfig(context, wanted, options)
        const { writeConfig } = await import('../config-text.ts')
        const text = out.json ? `${JSON.stringify(config, null, 2)}\n` : writeConfig(config)
        if (options.out === undefined) return out.write(out.isTerminal ? printable(text) : text)
        writeText(options.out, text, options.force)
        out.note(`written to ${options.out}`)
      }),
    )

  addConfigChanges(config)
}

function readTrial(n: string, percent: string | undefined): { config: number; percent: number } {
  if (percent === undefined)
    throw usage('for which share?', 'like: aside config split 5 20, or: aside config split off')
  const share = Number(percent.replace(/\s*%$/, ''))
  if (!/^[1-9]\d{0,8}$/.test(n)) throw usage(`${n} is no number of a configuration`, 'see: aside config list')
  if (!Number.isInteger(share) || share < 1 || share > 99)
    throw usage(`${percent} is no share`, 'from 1 to 99, in per cent')
  return { config: Number(n), percent: share }
}
