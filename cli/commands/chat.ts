import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import { chooseApp, type Chosen } from '../choose.ts'
import { act } from '../context.ts'
import { type Output, printable } from '../output.ts'
import { EXIT, hintFor, Problem, usage } from '../problems.ts'
import { converse } from '../prompt.ts'
import { type Answer, type Listener, startTalk, type Talk } from '../talk.ts'

export function addChatCommand(program: Command): void {
  program
    .command('chat [app] [question...]')
    .description('ask an app, and read the answer as it is written')
    .option('--tenant <tenant>', 'whose the app is: a name or an id (where a name is not enough)')
    .addHelpText(
      'after',
      '\nWithout a question it is a conversation: /new starts over, /exit leaves, Ctrl-C stops an answer, then leaves.\nFrom a pipe every line is a question. With --json every answer is one object, on one line.\n\nExamples:\n  $ aside chat Shop\n  $ aside chat Shop "How long do returns take?"\n  $ aside chat Shop --json < questions.txt | jq -r .status',
    )
    .action(
      act(async ({ out, connect }, wanted: string | undefined, words: string[], options: { tenant?: string }) => {
        const question = words.join(' ').trim()
        if (words.length > 0 && question === '') throw usage('the question is empty')
        const isOneQuestion = question !== ''
        const isTyped = !isOneQuestion && process.stdin.isTTY === true
        const connection = await connect({ answers: true, isLong: isTyped })
        const app = await chooseApp(connection, wanted, options)
        const talk = await startTalk(connection, app.id)
        try {
          if (isTyped) await converse(talk, out, greeting(app, out, talk), tell)
          else await askOnce(talk, out, isOneQuestion ? [question] : lines())
        } finally {
          await talk.end()
        }
      }),
    )
}

async function* lines(): AsyncGenerator<string> {
  for await (const line of createInterface({ input: process.stdin })) if (line.trim() !== '') yield line.trim()
}

function greeting({ config }: Chosen, { paint }: Output, { settings }: Talk): string {
  const head = `${paint.bold(printable(settings.name))} ${paint.dim(`${config?.model ? `· ${config.model} ` : ''}· /new, /exit`)}`
  const suggested = settings.suggestedQuestions.map((it) => paint.dim(`  ${printable(it)}`))
  return [head, printable(settings.words.greeting ?? ''), ...suggested].filter(Boolean).join('\n')
}

/** Each question in turn. The first one that fails decides the exit code; Ctrl-C stops the answer and what is left. */
async function askOnce(talk: Talk, out: Output, questions: Iterable<string> | AsyncIterable<string>): Promise<void> {
  let isStopped = false
  let count = 0
  const interrupt = () => {
    if (isStopped) process.exit(EXIT.interrupted)
    isStopped = true
    talk.stop().catch(() => process.exit(EXIT.interrupted))
  }
  process.on('SIGINT', interrupt)
  try {
    for await (const question of questions) {
      if (isStopped) break
      if (question === '/exit') break
      if (question === '/new') {
        talk.startOver()
        continue
      }
      if (!out.json && !Array.isArray(questions))
        out.line(`${count > 0 ? '\n' : ''}${out.paint.bold(`> ${printable(question)}`)}`)
      count++
      const answer = await tell(talk, out, question)
      if (answer.status !== 'completed') process.exitCode ??= EXIT.refused
    }
  } finally {
    process.off('SIGINT', interrupt)
  }
  if (isStopped) process.exitCode = EXIT.interrupted
  else if (count === 0) throw usage('there is no question', 'give one: aside chat <app> "…"')
}

/** Asks, and shows the answer as it comes; with `--json`, once it is whole. */
async function tell(talk: Talk, out: Output, question: string): Promise<Answer> {
  const listener: Listener = out.json
    ? { text() {}, restart() {}, place() {}, lost() {} }
    : {
        text: (piece) => out.write(printable(piece)),
        restart: () => out.line(`\n${out.paint.dim('— begun again —')}`),
        place: (place) => out.note(`waiting, at place ${place}`),
        lost: () => out.note('\nconnection lost, trying again'),
      }
  const answer = await talk.ask(question, listener)
  if (out.json) out.row(answer)
  else showEnd(answer, out)
  return answer
}

function showEnd({ text, status, citations, error }: Answer, out: Output): void {
  const { paint } = out
  if (text !== '' && !text.endsWith('\n')) out.line()
  if (status === 'stopped') out.note('stopped')
  else if (status === 'unanswered') out.note('Nobody answers here at the moment.')
  else if (status !== 'completed') out.complain(ending(status, error?.code))
  if (citations.length === 0) return
  out.line(`\n${paint.dim('Sources')}`)
  for (const { number, title, headingPath, name } of citations) {
    const place = [title, ...headingPath.filter((it, i) => i > 0 || it !== title)].map(printable).join(' › ')
    out.line(`${paint.cyan(`[${number}]`)} ${place} ${paint.dim(printable(name))}`)
  }
}

function ending(status: string, code: Parameters<typeof hintFor>[0] | undefined): Problem {
  const hint = (code && hintFor(code)) ?? 'ask again'
  return new Problem(
    code ?? status,
    `the answer ${status === 'failed' ? 'failed' : `was ${status}`}${code ? ` (${code})` : ''}`,
    { hint },
  )
}
