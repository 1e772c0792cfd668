/** What the commands about one app have in common. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Context } from '../context.ts'
import { printable } from '../output.ts'
import type { WholeApp } from '../whole-app.ts'

export const ofApp = (command: Command): Command =>
  command
    .option('--app <app>', 'the app: a name or an id (where there are several)')
    .option('--tenant <tenant>', 'whose the app is: a name or an id (where a name is not enough)')

/** The number of a configuration. */
export function numbered(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('The number of a configuration.')
  return Number(text)
}

export const numberOption = (words: string): Option => new Option('--number <n>', words).argParser(numbered)

/** What is said where something went live. */
export function showLive({ out }: Pick<Context, 'out'>, { name, live }: WholeApp['app']): void {
  const trial = live.trial ? `, and ${live.trial.config} for ${live.trial.percent} % of the visitors` : ''
  out.line(`${out.paint.green('live')} ${printable(name)} answers with configuration ${live.config}${trial}`)
}

/** Nobody should find out later that some visitors had another configuration, and have it no longer. */
export function tellTrialEnd({ out }: Pick<Context, 'out'>, before: WholeApp['app'], after: WholeApp['app']): void {
  const { trial } = before.live
  if (!trial || after.live.trial) return
  out.note(
    `The trial of configuration ${trial.config}, for ${trial.percent} % of the visitors, has ended. Begin it again: aside config split ${trial.config} ${trial.percent} --app ${after.id}`,
  )
}
