import * as v from 'valibot'
import { chooseApp } from '../choose.ts'
import type { Context } from '../context.ts'
import { isHttp } from '../doctor/ask.ts'
import { examine } from '../doctor/examine.ts'
import { report } from '../doctor/report.ts'
import { usage } from '../problems.ts'
import { readTag } from './embed.ts'

export interface PageOptions {
  origin?: string
  timeout?: string
  app?: string
  browser?: boolean
}

const Seconds = v.pipe(v.string(), v.regex(/^\d{1,3}$/), v.transform(Number), v.minValue(1), v.maxValue(120))

/** `aside doctor <page-url>`: exits 1 where something stands in the way, 3 where the page cannot be reached. */
export async function examinePage(context: Context, given: string, options: PageOptions): Promise<void> {
  const { out } = context
  if (!URL.canParse(given) || !isHttp(new URL(given)))
    throw usage(`${given} is no page`, 'give its address, like https://shop.example/help')
  const { origin, timeout = '20', app, browser: inBrowser = false } = options
  if (origin !== undefined && (!URL.canParse(origin) || new URL(origin).origin !== origin))
    throw usage(`--origin ${origin} is no origin`, 'scheme, host and port, like https://shop.example')
  const seconds = v.safeParse(Seconds, timeout)
  if (!seconds.success) throw usage(`--timeout ${timeout} is no number of seconds`, 'from 1 to 120')

  const wanted = app === undefined ? undefined : await findWanted(context, app)
  const examined = await examine({
    url: new URL(given),
    origin,
    timeoutMs: seconds.output * 1_000,
    inBrowser,
    wanted,
    note: out.note,
  })
  const { checks, ...about } = examined
  report(context, checks, about)
}

async function findWanted({ connect }: Context, wanted: string) {
  const connection = await connect()
  const { id } = await chooseApp(connection, wanted)
  const { html, src } = await readTag(connection.client, id, { floating: 'latest' })
  return { address: id, tag: html, server: new URL(new URL(src).origin) }
}
