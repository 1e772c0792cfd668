/** An app's look and words from the last time, so that the next visit is drawn at once. They are public, and nobody's. */
import { createClient, PROTOCOL_VERSION, type Settings } from '@aside/protocol'
import * as routes from './routes.ts'
import { type Backing, openStore } from './storage.ts'

export interface SettingsCache {
  read(): Settings | undefined
  /** The same again is nothing. */
  write(settings: Settings | undefined): void
}

const isRecord = (it: unknown): it is Record<string, unknown> => typeof it === 'object' && it !== null

/** What this version can draw. Another one may have stored something else. */
const isDrawable = (it: unknown): it is Settings =>
  isRecord(it) &&
  ['theme', 'words', 'wordsByLocale', 'features'].every((name) => isRecord(it[name])) &&
  Array.isArray(it['suggestedQuestions'])

export function createSettingsCache(baseUrl: string, appId: string, backing?: Backing): SettingsCache {
  const store = openStore('settings', backing)
  const name = `${PROTOCOL_VERSION}:${baseUrl}:${appId}`
  let known: Settings | undefined
  return {
    read() {
      try {
        const it: unknown = JSON.parse(store.get(name) ?? '')
        return isDrawable(it) ? it : undefined
      } catch {
        return undefined
      }
    },
    write(settings) {
      if (!settings || settings === known) return
      known = settings
      const json = JSON.stringify(settings)
      if (store.get(name) !== json) store.set(name, json)
    },
  }
}

interface Where {
  baseUrl: string
  appId: string
  fetch: typeof fetch | undefined
  signal: AbortSignal
}

/** As they are now. The browser keeps the reply with its `ETag`, and asks whether it still holds. */
export function fetchSettings({ baseUrl, appId, fetch: send = fetch, signal }: Where): Promise<Settings> {
  const revalidating: typeof fetch = (input, init) => send(input, { ...init, cache: 'no-cache' })
  return createClient({ baseUrl, fetch: revalidating }).call(routes.readSettings, { params: { appId } }, { signal })
}
