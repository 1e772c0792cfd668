import * as v from 'valibot'
import { chooseApp } from '../choose.ts'
import type { Context } from '../context.ts'
import { isHttp } from '../doctor/ask.ts'
import { examine } from '../doctor/examine.ts'
import type { Finding, Group } from '../doctor/finding.ts'
import { printable } from '../output.ts'
import { EXIT, usage } from '../problems.ts'
import { readTag } from './embed.ts'

export interface PageOptions {
  origin?: string
  timeout?: string
  app?: string
  browser?: boolean
}

const groups: Group[] = ['page', 'app', 'stream', 'browser']

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
  const checks = examined.checks.map(harmless)
  const isWell = checks.every((it) => it.ok !== 'fail')
  out.show({ ok: isWell, ...examined, checks }, () => {
    const { paint } = out
    const marks = { ok: paint.green('ok  '), warn: paint.yellow('warn'), fail: paint.red('FAIL') }
    for (const group of groups.filter((it) => checks.some((check) => check.group === it))) {
      out.line(paint.dim(group))
      for (const { name, ok, detail, fix } of checks.filter((it) => it.group === group)) {
        out.line(`  ${marks[ok]} ${paint.bold(name)}: ${detail}`)
        if (fix !== undefined) out.line(`       ${paint.yellow('→')} ${fix}`)
      }
    }
  })
  if (!isWell) process.exitCode = EXIT.refused
}

/** The page may be a stranger's: what it says is shown, and does nothing to a terminal. */
const harmless = ({ detail, fix, ...rest }: Finding): Finding => ({
  ...rest,
  detail: printable(detail),
  ...(fix === undefined ? {} : { fix: printable(fix) }),
})

async function findWanted({ connect }: Context, wanted: string) {
  const connection = await connect()
  const { id } = await chooseApp(connection, wanted)
  const { html, src } = await readTag(connection.client, id, 'latest')
  return { address: id, tag: html, server: new URL(new URL(src).origin) }
}
