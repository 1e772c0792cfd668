/** `npm start`: Aside and a demo shop on another origin, seeded with Aside's own documentation, until Ctrl-C. */
import process from 'node:process'
import { styleText } from 'node:util'
import { createClient } from '../protocol/index.ts'
import { seedDemo } from '../host-demo/seed.ts'
import { startSite, type Site } from '../host-demo/server.ts'
import { boot, ConfigProblems, parseConfig, type Running, StoreTaken } from '../server/index.ts'
import { buildStale } from './build.ts'

const isTaken = (error: unknown): error is Error & { port: number } =>
  error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'

/** An error with the way out in it, for errors that are the surroundings' and not ours. */
function explain(error: unknown): string {
  if (isTaken(error))
    return `port ${error.port} is taken. Stop what listens there, or choose others: ASIDE_PORT=8788 ASIDE_DEMO_PORT=5174 npm start`
  if (error instanceof StoreTaken)
    return `${error.message}. Stop it, or keep the demo's data elsewhere: ASIDE_DATA_DIR=.data/another npm start`
  if (error instanceof ConfigProblems) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

function readDemoPort(): number {
  const given = process.env['ASIDE_DEMO_PORT'] || '5173'
  if (!/^[0-9]{1,5}$/.test(given) || Number(given) > 65_535)
    throw new ConfigProblems(['ASIDE_DEMO_PORT: expected a port number'])
  return Number(given)
}

async function start(opened: (() => Promise<unknown>)[]): Promise<{ site: Site; running: Running; model: string }> {
  const config = parseConfig({
    ...process.env,
    ASIDE_LOG: process.env['ASIDE_LOG'] || 'warn',
    // Apart from the data of whoever goes on to build something of their own here.
    ASIDE_DATA_DIR: process.env['ASIDE_DATA_DIR'] || '.data/demo',
  })
  const port = readDemoPort()
  buildStale()
  const site = await startSite({ port })
  opened.push(() => site.close())
  const running = await boot(config)
  opened.push(() => running.close({ graceMs: 3_000, spreadMs: 1_000 }))
  const operator = createClient({ baseUrl: running.url, token: () => running.operatorToken })
  const { app, secondApp } = await seedDemo(operator, [site.url, site.url.replace('127.0.0.1', 'localhost')])
  const server = config.publicUrl ?? running.url
  site.embed({ server: new URL(server).origin, app: app.id, secondApp: secondApp.id })
  return {
    site,
    running,
    model: config.openai?.model ?? 'local, which quotes its sources (OPENAI_API_KEY for another)',
  }
}

/** Last opened, first closed. */
const opened: (() => Promise<unknown>)[] = []
const closeAll = async () => {
  while (opened.length > 0) await opened.pop()?.()
}

let isLeaving = false
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    if (isLeaving) process.exit(130)
    isLeaving = true
    console.log('\nStopping …')
    void closeAll().then(
      () => process.exit(0),
      () => process.exit(1),
    )
  })

try {
  const { site, running, model } = await start(opened)
  const line = (name: string, value: string) => `  ${styleText('dim', name.padEnd(11))} ${value}`
  console.log(`
  ${styleText('bold', 'Aside is running.')}

${line('Demo shop', styleText('cyan', site.url))}
${line('Server', `${styleText('cyan', running.url)}   API: ${running.url}/docs`)}
${line('Assistant', model)}

  Open the shop and ask the chat about Aside. ${styleText('dim', 'Ctrl-C stops both.')}
`)
} catch (error) {
  console.error(`aside: ${explain(error)}`)
  await closeAll().catch(() => {})
  process.exit(1)
}
