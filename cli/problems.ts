/** What went wrong, in one line, with the way out and the exit code. */
import { CommanderError } from 'commander'
import { type ErrorCode, type Fault, isFault, type Issue } from '@aside/protocol'
import { listsFor } from './lists.ts'

export const EXIT = { ok: 0, refused: 1, usage: 2, unreachable: 3, interrupted: 130 } as const
export type Exit = (typeof EXIT)[keyof typeof EXIT]

/** A refusal of the command itself, made where it is known what to do instead. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: string
  readonly hint: string | undefined
  readonly exit: Exit
  /** What is wrong in each place, for programs. */
  readonly issues: readonly object[] | undefined

  constructor(
    code: string,
    message: string,
    options: { hint?: string; exit?: Exit; cause?: unknown; issues?: readonly object[] } = {},
  ) {
    super(message, { cause: options.cause })
    this.code = code
    this.hint = options.hint
    this.exit = options.exit ?? EXIT.refused
    this.issues = options.issues
  }
}

export const usage = (message: string, hint?: string, issues?: readonly object[]) =>
  new Problem('usage', message, { exit: EXIT.usage, ...(hint ? { hint } : {}), ...(issues ? { issues } : {}) })

/** Whoever was asked did not say yes. */
export const notConfirmed = () => new Problem('not_confirmed', 'given up, and nothing was changed')

export interface Complaint {
  code: string
  message: string
  hint?: string
  exit: number
  issues?: readonly object[]
}

const hints: Partial<Record<ErrorCode, string>> = {
  unauthenticated: 'check --key or ASIDE_KEY; on the machine of the server, leave both and --url out',
  scope_missing: 'make a key that has it: aside key create <name> --scope <scope>',
  secret_key_in_browser: 'leave the Origin header out: secret keys are for servers',
  app_not_found: 'see what there is: aside app list',
  precondition_failed: 'somebody else was faster: look at it again, and repeat',
  body_too_large: 'split the document',
  unsupported_source: 'Markdown, plain text and HTML can be added',
  conversation_closed: 'start another one: /new',
  store_full: 'make room on the disk of the data folder',
  store_unavailable: 'aside doctor says what is wrong with the store',
  upstream_unauthorized: 'check OPENAI_API_KEY, then: aside doctor',
  upstream_rejected: 'check ASIDE_MODEL and the model of the app, then: aside doctor',
  upstream_unreachable: 'check OPENAI_BASE_URL, then: aside doctor',
  network: 'is it running? start it with: aside serve, or check --url',
}

export function hintFor(code: ErrorCode, retryAfterMs?: number): string | undefined {
  if (retryAfterMs !== undefined) return `try again in ${Math.max(1, Math.ceil(retryAfterMs / 1_000))} s`
  return hints[code]
}

/** What is not simply refused. */
const exitOf: Partial<Record<ErrorCode, Exit>> = {
  // What was typed is wrong, whoever finds that out.
  invalid_input: EXIT.usage,
  bad_request: EXIT.usage,
  network: EXIT.unreachable,
  shutting_down: EXIT.unreachable,
  store_unavailable: EXIT.unreachable,
}

const wayOut = (hint: string | undefined) => (hint === undefined ? {} : { hint })

/** The server names every rule a field breaks; the first of each field is what to mend. */
function firstOfEach(message: string, issues: Issue[]): string {
  const told = (some: Issue[], words = (it: string) => it) =>
    some.map((it) => `${it.path}: ${words(it.message)}`).join('; ')
  if (message !== told(issues)) return message
  // `name: a name` is what may stand there; a person is told that it is that.
  const expected = (it: string) => it.replace(/^(?=(?:an?|at (?:most|least)|one of|something) |\d)/, 'expected ')
  return told(
    issues.filter((it, i) => issues.findIndex((other) => other.path === it.path) === i),
    expected,
  )
}

function complainOfFault(
  { code, message, issues = [], retryAfterMs, requestId }: Fault,
  commandLine: string,
  words: string[],
): Complaint {
  if (code === 'internal')
    return {
      code,
      message,
      hint: `the server's log says more${requestId ? ` about ${requestId}` : ''}`,
      exit: EXIT.refused,
    }
  // What the contract calls `body.name` is what was typed here.
  const plain = firstOfEach(message, issues).replace(/\b(?:body|query|params)\.(?=[a-z])/g, '')
  const exit = exitOf[code] ?? EXIT.refused
  const hint = code === 'not_found' ? listsFor(commandLine, words) : hintFor(code, retryAfterMs)
  return { code, message: plain, ...wayOut(hint), exit, ...(issues.length > 0 ? { issues } : {}) }
}

/** Every error a command can end with. `commandLine` is what was being run, for pointing at its help; `words` all that was typed. */
export function complain(error: unknown, commandLine = 'aside', words: string[] = []): Complaint {
  if (error instanceof Problem)
    return {
      code: error.code,
      message: error.message,
      ...wayOut(error.hint),
      exit: error.exit,
      ...(error.issues ? { issues: error.issues } : {}),
    }
  if (isFault(error)) return complainOfFault(error, commandLine, words)
  if (error instanceof CommanderError) {
    const message = error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ')
    return { code: 'usage', message, hint: `see: ${commandLine} --help`, exit: EXIT.usage }
  }
  const message = error instanceof Error ? error.message : String(error)
  return { code: 'internal', message, hint: 'this looks like a defect: run it with --verbose', exit: EXIT.refused }
}
