/** The real command, as a child process: what tests run. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const main = join(import.meta.dirname, '../main.ts')

export interface Ended {
  code: number | null
  stdout: string
  stderr: string
  /** Standard output, which must be one JSON value. */
  json(): unknown
}

export interface Started {
  child: ChildProcess
  stdout(): string
  stderr(): string
  /** Resolves once standard output holds `text`; rejects when the command ends, or 20 s pass, without. */
  says(text: string): Promise<void>
  ended: Promise<Ended>
}

export interface Place {
  dataDir: string
  start(args: string[], env?: Record<string, string>): Started
  /** To its end. `input` is what is piped to it; without one its input is empty. */
  run(args: string[], options?: { input?: string; env?: Record<string, string> }): Promise<Ended>
  /** Writes files, by path, into a new folder, and says where it is. */
  folder(files: Record<string, string | Uint8Array>): string
  clean(): Promise<void>
}

/** A data folder of its own, and nothing of the caller's environment but what a process needs. */
export function createPlace(env: Record<string, string> = {}): Place {
  const root = mkdtempSync(join(tmpdir(), 'aside-cli-'))
  const dataDir = join(root, 'data')
  const running = new Set<Started>()
  let folders = 0

  function start(args: string[], more: Record<string, string> = {}): Started {
    const { PATH = '', HOME = root } = process.env
    const child = spawn(process.execPath, [main, ...args], {
      cwd: root,
      env: { PATH, HOME, ASIDE_DATA_DIR: dataDir, ...env, ...more },
    })
    let stdout = ''
    let stderr = ''
    const listeners = new Set<() => void>()
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      for (const look of listeners) look()
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    // It may end without having read what it is given.
    child.stdin.on('error', () => {})
    const ended = new Promise<Ended>((resolve) =>
      child.once('close', (code) => resolve({ code, stdout, stderr, json: () => JSON.parse(stdout) })),
    )
    const started: Started = {
      child,
      stdout: () => stdout,
      stderr: () => stderr,
      says: (text) =>
        new Promise((resolve, reject) => {
          const fail = () => reject(new Error(`It did not say "${text}", but: ${stdout}${stderr}`))
          const timer = setTimeout(fail, 20_000)
          void ended.then(fail)
          const look = () => {
            if (!stdout.includes(text)) return
            clearTimeout(timer)
            listeners.delete(look)
            resolve()
          }
          listeners.add(look)
          look()
        }),
      ended,
    }
    running.add(started)
    void ended.then(() => running.delete(started))
    return started
  }

  return {
    dataDir,
    start,
    run(args, { input = '', env: more = {} } = {}) {
      const started = start(args, more)
      started.child.stdin?.end(input)
      return started.ended
    },
    folder(files) {
      const folder = join(root, `folder-${++folders}`)
      for (const [path, content] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, path)), { recursive: true })
        writeFileSync(join(folder, path), content)
      }
      return folder
    },
    async clean() {
      for (const { child, ended } of running) {
        child.kill('SIGKILL')
        await ended
      }
      rmSync(root, { recursive: true, force: true })
    },
  }
}
