/** The machine under measure: child processes, each on a core of its own, and what they cost. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

/** One clock tick of the kernel's accounting is 10 ms (USER_HZ is 100 on every Linux Node runs on). */
const TICK_MS = 10

export interface Child {
  readonly url: string
  /** User and system time since its start, in ms. */
  cpuMs(): number
  /** Resident memory, in bytes. */
  rssBytes(): number
  stop(): Promise<void>
}

/** The server gets core 0, what loads it gets the others, so that neither starves the other. */
export const pinned = cpus().length > 1
if (pinned) spawnSync('taskset', ['-cp', '1', String(process.pid)])

async function start(
  args: string[],
  env: Record<string, string>,
  core: number,
  urlOf: (line: string) => string | undefined,
): Promise<Child & { child: ChildProcess }> {
  const command = pinned ? ['taskset', '-c', String(core), process.execPath, ...args] : [process.execPath, ...args]
  const child = spawn(command[0]!, command.slice(1), {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  const url = await new Promise<string>((resolve, reject) => {
    const look = (chunk: Buffer) => {
      said += chunk.toString()
      for (const line of said.split('\n')) {
        const found = urlOf(line)
        if (found) resolve(found)
      }
      said = said.slice(-10_000)
    }
    child.stdout!.on('data', look)
    child.stderr!.on('data', look)
    child.once('exit', (code) => reject(new Error(`${args.join(' ')} ended with ${code}: ${said}`)))
  })
  return {
    url,
    child,
    cpuMs() {
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
      return (Number(fields[11]) + Number(fields[12])) * TICK_MS
    },
    rssBytes: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))![1]) * 1024,
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve())
        child.kill('SIGKILL')
      }),
  }
}

export const startModel = (): Promise<Child> =>
  start(['server/testing/model-server.ts', '--port', '0'], {}, 1, (line) => /(http:\/\/\S+\/v1)/.exec(line)?.[1])

export interface ServerUnderMeasure extends Child {
  operatorToken: string
  /** Its SQLite file. */
  file: string
}

/** A production server on a fresh SQLite file (or on `DATABASE_URL`), answering with the scripted model. */
export async function startServer(
  modelUrl: string | undefined,
  env: Record<string, string> = {},
): Promise<ServerUnderMeasure> {
  const dataDir = mkdtempSync(join(tmpdir(), 'aside-bench-'))
  const profile = process.env['BENCH_PROFILE']
  const args = [...(profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : []), 'server/main.ts']
  const it = await start(
    args,
    {
      NODE_ENV: 'production',
      ASIDE_DATA_DIR: dataDir,
      ASIDE_PORT: '0',
      ASIDE_LOG: 'info',
      // Counted as ever, and refused to nobody.
      ASIDE_RATES: '100000',
      ...(modelUrl ? { OPENAI_API_KEY: 'sk-bench', OPENAI_BASE_URL: modelUrl } : {}),
      ...env,
    },
    0,
    (line) => (line.includes('"listening"') ? (JSON.parse(line) as { url: string }).url : undefined),
  )
  await new Promise((resolve) => setTimeout(resolve, 200))
  const { token } = JSON.parse(readFileSync(join(dataDir, 'aside.db.server.json'), 'utf8')) as { token: string }
  return {
    ...it,
    operatorToken: token,
    file: join(dataDir, 'aside.db'),
    async stop() {
      if (profile) {
        const gone = new Promise((resolve) => it.child.once('exit', resolve))
        it.child.kill('SIGTERM')
        await gone
      } else await it.stop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
