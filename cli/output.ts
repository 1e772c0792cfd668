/** Everything a command says: data on standard output, remarks on standard error, colours and bars for people only. */
import { SingleBar } from 'cli-progress'
import Table from 'cli-table3'
import colors from 'picocolors'
import type { Complaint } from './problems.ts'

export interface Output {
  readonly json: boolean
  /** A person is looking at standard output. */
  readonly isTerminal: boolean
  readonly paint: ReturnType<typeof colors.createColors>
  /** As JSON where that was asked for, else as `people` would read it. */
  show(value: unknown, people: () => void): void
  /** One object, on one line: for what comes in pieces. */
  row(value: unknown): void
  line(text?: string): void
  /** As it is, without a line's end. */
  write(text: string): void
  /** `styles` paint the columns; what is in the cells is made harmless first. */
  table(head: string[], rows: (string | number)[][], styles?: ((cell: string) => string)[]): void
  /** A remark, on standard error: never part of the data. */
  note(text: string): void
  complain(complaint: Complaint): void
  bar(total: number): Bar
}

export interface Bar {
  step(what: string): void
  stop(): void
}

/** A document may hold escape sequences; a terminal must not obey them. */
export const printable = (text: string): string => text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '')

const noBorders = Object.fromEntries(
  'top top-mid top-left top-right bottom bottom-mid bottom-left bottom-right left left-mid mid mid-mid right right-mid middle'
    .split(' ')
    .map((name) => [name, name === 'middle' ? '  ' : '']),
)

function hasColors(stream: NodeJS.WriteStream): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env
  if (NO_COLOR) return false
  if (FORCE_COLOR) return FORCE_COLOR !== '0'
  return stream.isTTY === true && TERM !== 'dumb'
}

export function createOutput({ json }: { json: boolean }): Output {
  const { stdout, stderr } = process
  const paint = colors.createColors(!json && hasColors(stdout))
  const aside = colors.createColors(hasColors(stderr))
  const write = (text: string) => void stdout.write(text)
  return {
    json,
    isTerminal: stdout.isTTY === true && !json,
    paint,
    write,
    show(value, people) {
      if (json) write(`${JSON.stringify(value, null, 2)}\n`)
      else people()
    },
    row: (value) => write(`${JSON.stringify(value)}\n`),
    line: (text = '') => write(`${text}\n`),
    table(head, rows, styles = []) {
      const table = new Table({
        head: head.map((it) => paint.dim(it)),
        chars: noBorders,
        style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
      })
      const cell = (value: string | number, i: number) => (styles[i] ?? String)(printable(String(value)))
      table.push(...rows.map((row) => row.map(cell)))
      write(`${table.toString().replace(/ +$/gm, '')}\n`)
    },
    note: (text) => void stderr.write(`${aside.dim(text)}\n`),
    complain({ code, message, hint, issues }) {
      if (json)
        stderr.write(
          `${JSON.stringify({ error: { code, message, ...(hint ? { hint } : {}), ...(issues ? { issues } : {}) } })}\n`,
        )
      else stderr.write(`${aside.red('aside:')} ${printable(message)}${hint ? aside.dim(` – ${hint}`) : ''}\n`)
    },
    bar(total) {
      if (json || stderr.isTTY !== true) return { step() {}, stop() {} }
      const bar = new SingleBar({
        format: `${aside.cyan('{bar}')} {value}/{total} {eta_formatted} ${aside.dim('{what}')}`,
        barCompleteChar: '█',
        barIncompleteChar: '░',
        barsize: 24,
        hideCursor: true,
        clearOnComplete: true,
        gracefulExit: false,
        stream: stderr,
      })
      bar.start(total, 0, { what: '' })
      return { step: (what) => bar.increment(1, { what: printable(what).slice(-40) }), stop: () => bar.stop() }
    },
  }
}
