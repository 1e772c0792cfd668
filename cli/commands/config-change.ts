/** The commands that make the next configuration of an app. */
import type { Command } from 'commander'
import { AppConfig, type ConfigVersion, createConfig } from '@aside/protocol'
import { mayGoOn } from '../ask.ts'
import { changesBetween, showChanges } from '../changes.ts'
import type { Connection } from '../connect.ts'
import { act, type Context } from '../context.ts'
import { readText } from '../files.ts'
import { notConfirmed, usage } from '../problems.ts'
import { activate, chooseWholeApp, findVersion, type OfApp, type WholeApp } from '../whole-app.ts'
import { numberOption, ofApp, showLive, tellTrialEnd } from './of-app.ts'

interface ChangeOptions extends OfApp {
  note?: string
  activate?: boolean
  number?: number
  unset?: string[]
  yes?: boolean
}

export async function configOf(connection: Connection, whole: WholeApp, number?: number): Promise<AppConfig> {
  if (number === undefined || number === whole.app.live.config) return whole.app.config
  return (await findVersion(connection, whole, number)).config
}

/** Makes it, and where that is asked for live, held to what was there when it was decided. */
async function store(
  context: Context,
  connection: Connection,
  whole: WholeApp,
  config: AppConfig,
  options: ChangeOptions,
): Promise<void> {
  const { out } = context
  const query = { ...whole.query, appId: whole.app.id }
  const body = { config, ...(options.note === undefined ? {} : { note: options.note }) }
  const made: ConfigVersion = await connection.client.call(createConfig, { query, body })
  const app = options.activate ? (await activate(connection, whole, { config: made.number })).app : undefined
  if (app) tellTrialEnd(context, whole.app, app)
  out.show({ ...made, activated: app !== undefined }, () => {
    if (app) return showLive(context, app)
    out.line(`${out.paint.green('created')} configuration ${made.number} of ${whole.app.name}`)
    out.note(`Nobody sees it yet: aside config activate ${made.number} --app ${whole.app.id}`)
  })
}

/** True where there is something to do. */
function showDifference({ out }: Context, before: AppConfig, after: AppConfig): boolean {
  const changes = changesBetween(before, after)
  if (changes.length === 0) {
    out.show({ changes, activated: false }, () => out.note('Nothing is different: nothing to do.'))
    return false
  }
  if (!out.json) showChanges(out, changes)
  return true
}

export function addConfigChanges(config: Command): void {
  ofApp(config.command('set [assignments...]'))
    .description('make the next configuration, with some values changed')
    .option('--unset <paths...>', 'take values away')
    .option('--activate', 'make it live at once')
    .option('--note <text>', 'why')
    .addOption(numberOption('begin with this one instead of the live one'))
    .addHelpText(
      'after',
      '\nA value is text where text is expected, else YAML: true, 0.2, [one, two].\n\nExamples:\n  $ aside config set theme.primary=#ff0000 words.title="Ask us" --activate\n  $ aside config set suggestedQuestions="[Where is my order?, Can I send it back?]" --app Shop\n  $ aside config set --unset theme.radius --note "as it comes"',
    )
    .action(
      act(async (context, assignments: string[], options: ChangeOptions) => {
        const { assign, readAssignment, readRemoval } = await import('../config-values.ts')
        const wanted = [...assignments.map(readAssignment), ...(options.unset ?? []).map(readRemoval)]
        if (wanted.length === 0) throw usage('there is nothing to set', 'like: aside config set theme.primary=#ff0000')
        const connection = await context.connect()
        const whole = await chooseWholeApp(connection, undefined, options)
        const before = await configOf(connection, whole, options.number)
        const after = assign(before, wanted)
        if (showDifference(context, before, after)) await store(context, connection, whole, after, options)
      }),
    )

  ofApp(config.command('edit [app]'))
    .description('edit the live configuration in $EDITOR, see the difference, and make it live')
    .option('--note <text>', 'why')
    .option('-y, --yes', 'do not ask')
    .addOption(numberOption('begin with this one instead of the live one'))
    .addHelpText('after', '\nExample:\n  $ EDITOR=nano aside config edit Shop')
    .action(
      act(async (context, wanted: string | undefined, options: ChangeOptions) => {
        const { editText } = await import('../editor.ts')
        const { writeConfig } = await import('../config-text.ts')
        const connection = await context.connect()
        const whole = await chooseWholeApp(connection, wanted, options)
        const before = await configOf(connection, whole, options.number)
        const text = writeConfig(before, [
          `The configuration of ${whole.app.name}. Lines that begin with # say nothing.`,
          'Leave it as it is to change nothing.',
        ])
        await editText(text, AppConfig, async (after) => {
          if (!showDifference(context, before, after)) return
          if (!(await mayGoOn('Make this live?', { ...options, json: context.out.json }))) throw notConfirmed()
          await store(context, connection, whole, after, { ...options, activate: true })
        })
      }),
    )

  ofApp(config.command('import <file>'))
    .description('make the next configuration from a file, YAML or JSON; "-" reads standard input')
    .option('--activate', 'make it live at once')
    .option('--note <text>', 'why')
    .addHelpText(
      'after',
      '\nThe file says everything: what is not in it is as it comes.\n\nExamples:\n  $ aside config import shop.yaml --app Shop --activate\n  $ aside config export Shop | sed s/blue/green/ | aside config import -',
    )
    .action(
      act(async (context, file: string, options: ChangeOptions) => {
        const { parseYaml } = await import('../read-yaml.ts')
        const after = parseYaml(readText(file), AppConfig, file)
        const connection = await context.connect()
        const whole = await chooseWholeApp(connection, undefined, options)
        if (showDifference(context, whole.app.config, after)) await store(context, connection, whole, after, options)
      }),
    )
}
