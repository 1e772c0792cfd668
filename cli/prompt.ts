/** The conversation at a terminal: a line editor that keeps its hands off the screen while an answer is written. */
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import type { Output } from './output.ts'
import { complain } from './problems.ts'
import type { Answer, Talk } from './talk.ts'

const help = '/new starts another conversation, /exit leaves, Ctrl-C stops an answer.'

/**
 * Reads questions until `/exit`, the end of input, or Ctrl-C while nothing is being answered. What is typed during an answer
 * is kept for after it.
 */
export async function converse(
  talk: Talk,
  out: Output,
  greeting: string,
  tell: (talk: Talk, out: Output, question: string) => Promise<Answer>,
): Promise<void> {
  const screen = out.isTerminal ? process.stdout : process.stderr
  let isAnswering = false
  const output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (isAnswering) done()
      else screen.write(chunk, () => done())
    },
  })
  // The editor wraps long lines by the width of what it writes to.
  Object.defineProperty(output, 'columns', { get: () => screen.columns })
  const editor = createInterface({ input: process.stdin, output, terminal: true, historySize: 200 })
  const typed: string[] = []
  let wake = () => {}
  let isOver = false
  editor.on('line', (line) => {
    typed.push(line.trim())
    wake()
  })
  editor.on('close', () => {
    isOver = true
    wake()
  })
  editor.on('SIGINT', () => {
    if (!isAnswering) return editor.close()
    talk.stop().catch((error: unknown) => out.complain(complain(error)))
  })
  screen.on('resize', () => output.emit('resize'))

  if (out.isTerminal) out.line(greeting)
  else out.note(greeting)
  const prompt = `\n${out.paint.cyan('>')} `
  editor.setPrompt(prompt)
  for (;;) {
    const isAhead = typed.length > 0
    if (!isAhead && !isOver) {
      editor.prompt()
      await new Promise<void>((resolve) => (wake = resolve))
    }
    const line = typed.shift()
    if (line === undefined) break
    if (isAhead) screen.write(`${prompt}${line}\n`)
    if (line === '') continue
    if (line === '/exit' || line === '/quit') break
    if (line === '/new') {
      talk.startOver()
      out.note('A new conversation.')
    } else if (line.startsWith('/')) out.note(help)
    else {
      isAnswering = true
      await tell(talk, out, line).catch((error: unknown) => out.complain(complain(error)))
      isAnswering = false
    }
  }
  if (isOver) screen.write('\n')
  editor.close()
}
