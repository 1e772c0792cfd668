/** How often who may ask, as the environment says it: `ASIDE_RATE_ASK_SESSION=30/10` is 30 a minute, 10 of them at once. */
import * as v from 'valibot'
import { type Rate, type RateClass, rateClasses, rates } from '@aside/protocol'

export type RateTable = Readonly<Record<RateClass, readonly Rate[]>>

const nameOf = (name: RateClass, { per }: Rate) => `ASIDE_RATE_${name}_${per}`.toUpperCase()

const Setting = v.pipe(
  v.string(),
  v.regex(/^(off|[1-9][0-9]{0,8}(\/[1-9][0-9]{0,8})?)$/, '30 (a minute), 30/10 (a minute, and at once), or off'),
)
const Switch = v.pipe(
  v.string(),
  v.regex(/^(on|off|[1-9][0-9]{0,6})$/, 'on, off, or a number that all of them are multiplied by'),
)

/** For the schema of the environment. */
export const rateEntries: Record<string, v.OptionalSchema<typeof Setting, undefined>> = Object.fromEntries(
  rateClasses.flatMap((name) => rates[name].map((rate) => [nameOf(name, rate), v.optional(Setting)])),
)
export const rateSwitch = v.optional(Switch, 'on')

/** Undefined: nothing is limited. */
export function readRates(environment: Record<string, unknown>): RateTable | undefined {
  const all = String(environment['ASIDE_RATES'])
  if (all === 'off') return undefined
  const factor = all === 'on' ? 1 : Number(all)
  const table = rateClasses.map((name) => [
    name,
    rates[name].flatMap((rate) => {
      const given = environment[nameOf(name, rate)] as string | undefined
      if (given === 'off') return []
      const [perMinute = rate.perMinute, burst = Math.min(rate.burst, perMinute)] = given?.split('/').map(Number) ?? []
      return [{ per: rate.per, perMinute: perMinute * factor, burst: burst * factor }]
    }),
  ])
  return Object.fromEntries(table) as RateTable
}
