import type Router from 'koa-router'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EndpointName } from '@aside/protocol'
import { startAside } from './testing/aside.ts'
import { type ModelServer, startModelServer } from './testing/model-server.ts'
import { send } from './testing/raw-request.ts'
import { endpointNames, endpointOf, perform, specimens } from './testing/specimens.ts'
import { createWorld, type World } from './testing/world.ts'

/** All that answers anything to who shows nothing but that it is not there, or not for them. Twelve at most. */
const open = [
  'GET /healthz',
  'GET /readyz',
  'GET /openapi.json',
  'GET /docs',
  'GET /v1/apps/:appId/settings',
  'POST /v1/sessions',
  'POST /v1/agents/login',
  'POST /v1/agents/accept',
  'GET /embed/:appId',
  'GET /^\\/cdn\\/(.+)$/',
]

describe('the way in', () => {
  let models: ModelServer
  let world: World
  beforeAll(async () => {
    models = await startModelServer()
    world = await createWorld(await startAside({ modelUrl: models.url }))
  })
  afterAll(async () => {
    await world?.aside.stop()
    await models?.stop()
  })

  const byRoute = new Map(endpointNames.map((name) => [`${endpointOf(name).method} ${endpointOf(name).path}`, name]))

  async function ask(method: string, path: string): Promise<number> {
    const name: EndpointName | undefined = byRoute.get(`${method} ${path}`)
    if (name) return (await perform(world, name, specimens[name](world), { as: 'nobody' })).status
    const example = path.replace(':appId', world.owner.app.id).replace(/^\/\^.*cdn.*$/, '/cdn/latest/embed.js')
    return (await send(`${world.aside.url}${example}`, { method })).status
  }

  it('is closed at every route there is, but for a few that are named here', async () => {
    const router = world.aside.running.app.koa.middleware
      .map((it) => (it as unknown as { router?: Router }).router)
      .find((it) => it !== undefined)!
    const routes = router.stack.flatMap(({ methods, path }) =>
      methods.filter((method) => method !== 'HEAD').map((method) => ({ method, path: String(path) })),
    )
    expect(routes.length).toBeGreaterThan(endpointNames.length)
    const found = new Set<string>()
    for (const { method, path } of routes)
      if (![401, 404].includes(await ask(method, path))) found.add(`${method} ${path}`)
    // A widget that was not built has no files.
    found.add('GET /^\\/cdn\\/(.+)$/')
    expect([...found].sort()).toEqual([...open].sort())
    expect(open.length).toBeLessThanOrEqual(12)
  })

  it('asks whoever is not let in for nothing: the body of a stranger is not read', async () => {
    for (const name of endpointNames) {
      const { method, path, access, body } = endpointOf(name)
      if (!body || open.includes(`${method} ${path}`)) continue
      const reply = await perform(world, name, specimens[name](world), { as: 'nobody', body: '{"broken' })
      expect(reply.status, `${name} (${access})`).toBe(401)
    }
  })
})
