/** A password, which is never an argument: others on the machine can see those, and the shell keeps them. */
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { Writable } from 'node:stream'
import { EXIT, Problem, usage } from './problems.ts'

/** Asked for twice where a person sits at the keyboard, else the first line of what is piped in. */
export async function readNewPassword(): Promise<string> {
  const { stdin } = process
  if (stdin.isTTY !== true) {
    const [line = ''] = (await text(stdin)).split(/\r?\n/)
    if (line === '') throw usage('no password came in', 'pipe it in, or run the command at a terminal')
    return line
  }
  const [first, second] = [await ask('New password: '), await ask('Once more: ')]
  if (first !== second) throw usage('these were two different ones', 'try again')
  return first
}

/** What is typed is not shown: the editor draws on nothing. */
function ask(question: string): Promise<string> {
  process.stderr.write(question)
  const output = new Writable({ write: (_chunk, _encoding, done) => done() })
  const editor = createInterface({ input: process.stdin, output, terminal: true, historySize: 0 })
  return new Promise((resolve, reject) => {
    editor.on('SIGINT', () => editor.close())
    // By Ctrl-C or Ctrl-D: after an answer it changes nothing.
    editor.on('close', () => reject(new Problem('aborted', 'given up', { exit: EXIT.interrupted })))
    editor.question('', (answer) => {
      process.stderr.write('\n')
      resolve(answer)
      editor.close()
    })
  })
}
