/** Aside as a process of its own, that a test may kill and start again on the same store and port. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, createClient } from '@aside/protocol'
import { parseConfig, readAddress } from '@aside/server'

export interface ServerProcess {
  readonly url: string
  readonly operator: Client
  /** `SIGKILL`: nothing is drained, nothing is said. Resolves when it is gone. */
  kill(): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('There is no free port')
  return address.port
}

export async function startServerProcess(modelUrl?: string): Promise<ServerProcess> {
  const dataDir = mkdtempSync(join(tmpdir(), 'aside-process-'))
  const port = await freePort()
  const env = {
    ASIDE_DATA_DIR: dataDir,
    ASIDE_PORT: String(port),
    ASIDE_LOG: 'warn',
    ASIDE_RATES: '100000',
    ...(modelUrl ? { OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: modelUrl } : {}),
  }
  const config = parseConfig(env)
  const main = join(import.meta.dirname, '../../server/main.ts')
  let child: ChildProcess | undefined
  let token = ''

  async function start(): Promise<void> {
    const started = spawn(process.execPath, [main], { env: { PATH: process.env['PATH'], ...env }, stdio: 'inherit' })
    child = started
    for (let tries = 0; tries < 400; tries++) {
      const address = readAddress(config)
      if (address && address.pid === started.pid) {
        token = address.token
        return
      }
      if (started.exitCode !== null) throw new Error(`The server ended with ${started.exitCode}`)
      await sleep(50)
    }
    throw new Error('The server did not start')
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const ending = child
    child = undefined
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return
    const gone = once(ending, 'exit')
    ending.kill(signal)
    await gone
  }

  await start()
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    operator: createClient({ baseUrl: url, token: () => token }),
    start,
    kill: () => end('SIGKILL'),
    async stop() {
      await end('SIGKILL')
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
