/** What was found, on the screen and as data: the same for the machine, a server and a page. */
import type { Context } from '../context.ts'
import { printable } from '../output.ts'
import { EXIT } from '../problems.ts'
import type { Finding } from './finding.ts'

/** What is shown may be a stranger's: it does nothing to a terminal. */
const harmless = ({ detail, fix, ...rest }: Finding): Finding => ({
  ...rest,
  detail: printable(detail),
  ...(fix === undefined ? {} : { fix: printable(fix) }),
})

/** In groups, in the order they come in. The command ends with 1 where something is not as it should be. */
export function report({ out }: Context, found: Finding[], about: object = {}): void {
  const checks = found.map(harmless)
  const isWell = checks.every((it) => it.status !== 'fail')
  out.show({ ok: isWell, ...about, checks }, () => {
    const { paint } = out
    const marks = { ok: paint.green('ok  '), warn: paint.yellow('warn'), fail: paint.red('FAIL') }
    for (const group of new Set(checks.map((it) => it.group))) {
      out.line(paint.dim(group))
      for (const { name, status, detail, fix } of checks.filter((it) => it.group === group)) {
        out.line(`  ${marks[status]} ${paint.bold(name)}: ${detail}`)
        if (fix !== undefined) out.line(`       ${paint.yellow('→')} ${fix}`)
      }
    }
  })
  if (!isWell) process.exitCode = EXIT.refused
}
