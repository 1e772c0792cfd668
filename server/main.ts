/** The server as a process: `node server/main.ts`, or `aside serve`. */
import { availableParallelism } from 'node:os'
import { setFlagsFromString } from 'node:v8'
import { boot, type BootOptions, type Running, StoreTaken } from './boot.ts'
import { giveMemoryBack } from './spare-memory.ts'
import { type Config, ConfigProblems, createLog, parseConfig } from './platform/index.ts'

/**
 * Runs until a signal: the first drains and exits 0, the second exits at once. An error nobody caught drains too, and
 * exits 1, for what state it left is unknown.
 */
export async function runServer(
  config: Config,
  { closing, ...options }: BootOptions & { closing?: Parameters<Running['close']>[0] } = {},
): Promise<Running> {
  // On one core the collector's threads only get in the way of what they help: a fifth of a token's cost (bench/).
  if (availableParallelism() === 1) setFlagsFromString('--single-threaded-gc')
  // Left alone, the heap grows to several times what is alive before it is looked through. At 60 % a running answer takes
  // 99 KB of memory instead of 150, and a token costs what it did; at 20 % its slowest hundredth waits 50 ms longer (bench/).
  setFlagsFromString('--heap-growing-percent=60')
  const log = createLog(config.log)
  const running = await boot(config, { log, strict: process.env['NODE_ENV'] !== 'production', ...options })
  giveMemoryBack(() => running.app.load().running === 0)
  let isClosing = false
  const leave = (code: number, reason: string) => {
    if (isClosing) process.exit(code || 130)
    isClosing = true
    log.info('closing', { reason })
    setTimeout(() => process.exit(1), 25_000).unref()
    running.close(closing).then(
      () => process.exit(code),
      (error: unknown) => {
        log.error('close-failed', { stack: error instanceof Error ? error.stack : String(error) })
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', () => leave(0, 'SIGTERM'))
  process.on('SIGINT', () => leave(0, 'SIGINT'))
  for (const name of ['uncaughtException', 'unhandledRejection'] as const)
    process.on(name, (error: unknown) => {
      log.error('crash', { name, stack: error instanceof Error ? error.stack : String(error) })
      leave(1, name)
    })
  return running
}

if (import.meta.main)
  try {
    await runServer(parseConfig(process.env))
  } catch (error) {
    const known = error instanceof ConfigProblems || error instanceof StoreTaken
    process.stderr.write(`aside: ${error instanceof Error ? (known ? error.message : error.stack) : String(error)}\n`)
    process.exitCode = known ? 2 : 1
  }
