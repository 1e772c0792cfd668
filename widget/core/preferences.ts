/** What a visitor has chosen in this browser, for one app: whoever they are, in all tabs, until they choose otherwise. */
import { type Backing, openStore } from './storage.ts'

/** Where a floating panel was put: its distances to the corner that the launcher stands in, and its size. CSS pixels. */
export interface PanelPlace {
  readonly side: number
  readonly bottom: number
  readonly width: number
  readonly height: number
}

/** What is absent was not chosen. */
export interface Preferences {
  readonly sound?: boolean | undefined
  /** `light`, `dark`; anything else follows the system. */
  readonly theme?: string | undefined
  /** BCP 47. */
  readonly locale?: string | undefined
  /** Multiplies the app's own. */
  readonly textScale?: number | undefined
  readonly place?: PanelPlace | undefined
}

export interface PreferenceStore {
  read(): Preferences
  /** The whole of them; nothing chosen leaves nothing stored. */
  write(next: Preferences): void
  /** Another tab has written. Returns the way out. */
  watch(listener: () => void): () => void
}

const AREA = 'preferences'

const kinds: Record<string, string> = {
  sound: 'boolean',
  theme: 'string',
  locale: 'string',
  textScale: 'number',
  place: 'object',
} satisfies Record<keyof Preferences, string>

/** What is stored may be another version's, or anybody's: of what is not of its kind nothing is left. */
const checked = (it: object): Preferences =>
  Object.fromEntries(Object.entries(it).filter(([name, value]) => typeof value === kinds[name]))

export function openPreferences(appId: string, backing?: Backing): PreferenceStore {
  const store = openStore(AREA, backing)
  return {
    read() {
      try {
        return checked(JSON.parse(store.get(appId) ?? '{}') as object)
      } catch {
        return {}
      }
    },
    write(next) {
      const json = JSON.stringify(next)
      store.set(appId, json === '{}' ? undefined : json)
    },
    watch(listener) {
      const hear = ({ key }: StorageEvent) => {
        if (key === null || key === `aside:${AREA}:${appId}`) listener()
      }
      addEventListener('storage', hear)
      return () => removeEventListener('storage', hear)
    },
  }
}
