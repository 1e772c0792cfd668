import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { boot } from './boot.ts'
import { createLog, parseConfig } from './platform/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'aside-boot-'))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('leaves nothing behind where it cannot say where it listens', async () => {
  const config = parseConfig({ ASIDE_DATA_DIR: folder, ASIDE_PORT: '0' })
  const inTheWay = join(folder, 'aside.db.server.json')
  mkdirSync(inTheWay)
  const start = () => boot(config, { log: createLog('silent') })
  await expect(start()).rejects.toMatchObject({ code: 'EISDIR' })
  rmSync(inTheWay, { recursive: true })
  const running = await start()
  expect((await fetch(`${running.url}/healthz`)).status).toBe(200)
  await running.close({ graceMs: 0, spreadMs: 0 })
}, 30_000)
