import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clientId, ORIGIN, type Owner } from '../testing/people.ts'
import { sendJson } from '../testing/raw-request.ts'
import { type ServerProcess, startServerProcess } from '../testing/server-process.ts'
import { createStore, hasPostgres, type TestStore } from '../testing/stores.ts'

describe.skipIf(!hasPostgres && !process.env['CI'])('two processes on one Postgres', () => {
  let store: TestStore
  let nodes: ServerProcess[]
  let owner: Owner
  const folders: string[] = []
  beforeAll(async () => {
    store = await createStore('postgres')
    const start = () => {
      const dataDir = mkdtempSync(join(tmpdir(), 'aside-node-'))
      folders.push(dataDir)
      const env = { ASIDE_RATES: 'on', ASIDE_RATE_START_ADDRESS: '2/12', ASIDE_RATE_WRITE_SESSION: '2/8' }
      return startServerProcess({ ...store, dataDir }, { env })
    }
    nodes = await Promise.all([start(), start()])
    owner = await nodes[0]!.owner()
  }, 40_000)
  afterAll(async () => {
    await Promise.all((nodes ?? []).map((it) => it.kill()))
    await store?.drop()
    for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  })
  const startAt = (i: number) =>
    sendJson(`${nodes[i % 2]!.url}/v1/sessions`, { appId: owner.app.id }, { origin: ORIGIN })

  it('let through together what a limit says, not each for itself, whoever is asked', async () => {
    const all = await Promise.all(Array.from({ length: 40 }, (_, i) => startAt(i)))
    const admitted = all.filter((it) => it.status === 201)
    expect(admitted.length).toBeGreaterThanOrEqual(12)
    expect(admitted.length).toBeLessThanOrEqual(13)
    expect(all.filter((it) => it.status === 429)).toHaveLength(40 - admitted.length)

    // And what a session has used at one, it has used at the other.
    const { token } = admitted[0]!.json() as { token: string }
    const headers = { origin: ORIGIN, authorization: `Bearer ${token}` }
    const begin = (i: number) => sendJson(`${nodes[i]!.url}/v1/conversations`, { clientId: clientId() }, headers)
    for (let i = 0; i < 8; i++) expect((await begin(0)).status).toBe(201)
    expect((await begin(1)).status).toBe(429)
  }, 20_000)
})
