/** Where a person's things are kept in this browser: nobody's in particular, and each signed-in one's, apart from each other. */
import { type Backing, forgetItem, openStore, type Store, storedItems, storedThread, storeItem } from './storage.ts'

/** A name for storage, locks and channels. Without a person: who has not signed in. */
export const placeOf = (appId: string, person?: string): string =>
  person === undefined ? appId : `${appId}:@${encodeURIComponent(person)}`

/** The stores of one app. The same object for the same person, because what a browser refuses to store is kept in it. */
export function createPlaces(appId: string, backing?: Backing) {
  const stores = new Map<string | undefined, Store>()

  function storeOf(person?: string): Store {
    const store = stores.get(person) ?? openStore(placeOf(appId, person), backing)
    stores.set(person, store)
    return store
  }

  /** All of one person's, and of nobody else's. */
  function wipe(person?: string): void {
    const store = storeOf(person)
    for (const name of store.names('')) if (person !== undefined || !name.startsWith('@')) store.set(name, undefined)
  }

  return {
    storeOf,
    wipe,
    /** Those who have signed in here, and have not left. */
    people(): string[] {
      const names = storeOf().names('@')
      return [...new Set(names.map((name) => decodeURIComponent(name.slice(1, name.indexOf(':')))))]
    },
    /** Somebody signs in: what is on the screen and on its way goes with them. True where there was something. */
    adopt(person: string): boolean {
      const [from, to] = [storeOf(), storeOf(person)]
      const thread = storedThread(from)
      const items = storedItems(from)
      for (const item of items) {
        storeItem(to, item)
        forgetItem(from, item.clientId)
      }
      from.set('open', undefined)
      if (thread.id === undefined && items.length === 0) return false
      to.set('open', JSON.stringify(thread))
      return true
    },
  }
}
export type Places = ReturnType<typeof createPlaces>
