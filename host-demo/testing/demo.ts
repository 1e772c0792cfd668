/** The demo as tests want it: a server on a store of its own, the shop beside it, and a browser that is watched. */
import type { BrowserContextOptions } from 'playwright-core'
import { activateConfig, type AppConfig, type Client, createConfig } from '@aside/protocol'
import { startAside } from '@aside/server/testing/aside'
import { type ModelServer, startModelServer } from '@aside/server/testing/model-server'
import { type Document, seedDemo, type Seeded } from '../seed.ts'
import { type Site, startSite } from '../server.ts'
import { openBrowser, type WatchedBrowser, type WatchedPage } from './watched-page.ts'

export interface DemoOptions {
  /** Answer with the scripted model of this name (`tokens:200:20`) instead of `local`. */
  model?: string
  documents?: Document[]
  config?: AppConfig
  /** The server, if not one in this process. */
  startServer?: (modelUrl: string | undefined) => Promise<DemoServer>
}

export interface DemoServer {
  readonly url: string
  readonly operator: Client
  stop(): Promise<void>
}

export interface Demo {
  readonly server: DemoServer
  readonly site: Site
  readonly seeded: Seeded
  /** Only where `model` was asked for. */
  readonly models: ModelServer | undefined
  /** A page of the shop, in a context (a visitor's browser) of its own. */
  visit(path: string, options?: BrowserContextOptions): Promise<WatchedPage>
  /** From now on the first app answers with this, and who has it open is told. */
  publish(config: AppConfig): Promise<void>
  close(): Promise<void>
}

const startInside = (modelUrl: string | undefined) => startAside(modelUrl === undefined ? {} : { modelUrl })

export async function openDemo({ model, documents, config, startServer }: DemoOptions = {}): Promise<Demo> {
  const closers: (() => Promise<unknown>)[] = []
  const close = async () => {
    while (closers.length > 0) await closers.pop()?.()
  }
  try {
    const site = await startSite()
    closers.push(() => site.close())
    const models = model === undefined ? undefined : await startModelServer()
    if (models) closers.push(() => models.stop())
    const server = await (startServer ?? startInside)(models?.url)
    closers.push(() => server.stop())
    const appConfig = { ...(model === undefined ? {} : { model }), ...config }
    const seeded = await seedDemo(server.operator, [site.url], {
      ...(documents ? { documents } : {}),
      config: appConfig,
    })
    site.embed({ server: server.url, app: seeded.app.id, secondApp: seeded.secondApp.id })
    let browser: WatchedBrowser | undefined
    closers.push(async () => browser?.close())
    return {
      server,
      site,
      seeded,
      models,
      visit: (path, options) => (browser ??= openBrowser([site.url, server.url])).visit(`${site.url}${path}`, options),
      async publish(next) {
        const { call } = server.operator
        const { tenantId, id: appId } = seeded.app
        const made = await call(createConfig, { query: { tenantId, appId }, body: { config: next } })
        await call(activateConfig, { params: { appId }, query: { tenantId }, body: { config: made.number } })
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
