/** Aside behind a proxy, a shop beside it, and somebody who looks at the shop's page from there. */
import { createHash } from 'node:crypto'
import { createApp } from '@aside/protocol'
import { type Aside, type Owner, startAside } from '@aside/server/testing/aside'
import { version } from '@aside/server'
import { type Examination, type Examined, examine } from '../doctor/examine.ts'
import type { Finding } from '../doctor/finding.ts'
import { createPlace, type Place } from './command.ts'
import { type Between, openShop, type PageReply, type Shop, standBetween } from './shop.ts'

const script = 'console.log("a bubble")\n'
const sri = `sha384-${createHash('sha384').update(script).digest('base64')}`

export interface Practice {
  shop: Shop
  /** What a browser reaches Aside through. */
  between: Between
  aside: Aside
  owner: Owner
  place: Place
  /** Of an app that `shop` may embed. */
  appId: string
  sri: string
  version: string
  tag(attributes?: string): string
  element(attributes?: string): string
  federated(attributes?: string): string
  /** Serves the page and looks at it. */
  examine(page: PageReply | string, options?: Partial<Examination>): Promise<Examined>
  close(): Promise<void>
}

/** With files that only look like a widget, unless it is to be `built`. */
export async function openPractice(env: Record<string, string> = {}, isBuilt = false): Promise<Practice> {
  const place = createPlace()
  const shop = await openShop()
  const between = await standBetween(() => aside.url)
  const files = { 'embed.js': script, 'aside-chat.js': script, 'remoteEntry.js': script }
  const integrity = Object.fromEntries(Object.keys(files).map((name) => [name, sri]))
  const cdnFolder = place.folder({
    ...files,
    'integrity.json': JSON.stringify({ files: integrity, frame: { script: 'embed.js', styles: [] } }),
  })
  const aside: Aside = await startAside({
    env: { ASIDE_PUBLIC_URL: between.url, ...env },
    boot: { ...(isBuilt ? {} : { cdnFolder }), limits: { streams: { heartbeatMs: 150 } } },
  })
  const owner = await aside.owner()
  const body = { name: 'Shop', allowedOrigins: [shop.url] }
  const { id: appId } = await owner.client.call(createApp, { query: {}, body })
  const module = `const remote = await import('${between.url}/cdn/latest/remoteEntry.js')
    const { mount } = (await remote.get('./mount'))()
    mount(document.body, { baseUrl: '${between.url}', appId: '${appId}' })`
  return {
    shop,
    between,
    aside,
    owner,
    place,
    appId,
    sri,
    version,
    tag: (attributes = '') =>
      `<script src="${between.url}/cdn/latest/embed.js" data-app="${appId}" ${attributes} async></script>`,
    element: (attributes = '') =>
      `<script type="module" src="${between.url}/cdn/latest/aside-chat.js" ${attributes}></script><aside-chat app-id="${appId}"></aside-chat>`,
    federated: (attributes = '') => `<script type="module" ${attributes}>${module}</script>`,
    examine(page, options) {
      shop.serve(typeof page === 'string' ? { body: page } : page)
      const url = new URL(`${shop.url}/`)
      return examine({ url, timeoutMs: 20_000, inBrowser: false, note: () => {}, ...options })
    },
    async close() {
      await shop.stop()
      await between.stop()
      await aside.stop()
      await place.clean()
    },
  }
}

/** What is wrong, by name. */
export const troubles = ({ checks }: Examined): Finding[] => checks.filter((it) => it.status !== 'ok')
export const named = ({ checks }: Examined, name: string): Finding | undefined => checks.find((it) => it.name === name)
