/** What survives a reload, under `aside:<appId>:…`. Storage that is blocked, full or lying never breaks anything. */
import { type Attachment, isErrorCode } from '@aside/protocol'
import type { OutboxItem, PageWord, Thread } from './state.ts'

export type Backing = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>

export interface Store {
  get(name: string): string | undefined
  /** `undefined` removes. What cannot be stored is remembered for as long as the page lives. */
  set(name: string, value: string | undefined): void
  /** The names there are that start with `prefix`. */
  names(prefix: string): string[]
  /** Does it outlive the page, and do other tabs see it? */
  isShared(): boolean
}

function local(): Backing | undefined {
  try {
    return globalThis.localStorage
  } catch {
    return undefined
  }
}

export function openStore(appId: string, backing: Backing | undefined = local()): Store {
  const root = `aside:${appId}:`
  /** What the backing refused to take, or to forget. */
  const overlay = new Map<string, string | undefined>()

  function attempt<T>(action: (backing: Backing) => T): T | undefined {
    try {
      return backing && action(backing)
    } catch {
      return undefined
    }
  }
  const get = (name: string) =>
    overlay.has(name) ? overlay.get(name) : (attempt((it) => it.getItem(root + name)) ?? undefined)

  return {
    get,
    set(name, value) {
      overlay.delete(name)
      attempt((it) => (value === undefined ? it.removeItem(root + name) : it.setItem(root + name, value)))
      if (get(name) !== value) overlay.set(name, value)
    },
    names(prefix) {
      const stored = attempt((it) => Array.from({ length: it.length }, (_, at) => it.key(at) ?? '')) ?? []
      const own = stored.filter((key) => key.startsWith(root)).map((key) => key.slice(root.length))
      return [...new Set([...own, ...overlay.keys()])].filter(
        (name) => name.startsWith(prefix) && get(name) !== undefined,
      )
    },
    isShared() {
      const isStored = attempt((it) => {
        it.setItem(`${root}probe`, '1')
        const found = it.getItem(`${root}probe`)
        it.removeItem(`${root}probe`)
        return found === '1'
      })
      return isStored === true
    },
  }
}

const isRecord = (it: unknown): it is Record<string, unknown> => typeof it === 'object' && it !== null

/** The server looks closely: what it does not take is left out. */
const isPage: (it: unknown) => it is PageWord = isRecord

function parsed(json: string | undefined): Record<string, unknown> {
  try {
    const it: unknown = JSON.parse(json ?? '')
    return isRecord(it) ? it : {}
  } catch {
    return {}
  }
}

/** As far as it has to be known here: the server looks at the ids once more. */
const isStored = (it: unknown): it is Attachment[] => Array.isArray(it) && it.every(isRecord)

const optional = (it: unknown): string | undefined => (typeof it === 'string' ? it : undefined)

const PREFIX = 'outbox:'

/** A key for each item, so that tabs never overwrite each other's. Where it stands is not kept, except that it failed. */
export function storeItem(store: Store, { status, error, ...item }: OutboxItem): void {
  const value = JSON.stringify(status === 'failed' ? { ...item, failed: error?.code } : item)
  if (store.get(PREFIX + item.clientId) !== value) store.set(PREFIX + item.clientId, value)
}

export const forgetItem = (store: Store, clientId: string): void => store.set(PREFIX + clientId, undefined)

export const hasItem = (store: Store, clientId: string): boolean => store.get(PREFIX + clientId) !== undefined

/** Oldest first. What does not look like an item is left alone. */
export function storedItems(store: Store): OutboxItem[] {
  const items = store.names(PREFIX).flatMap((name): OutboxItem[] => {
    const item = parsed(store.get(name))
    const { clientId, text, createdAt, failed, conversationId, conversationClientId } = item
    const { replaces, left, attachments, page } = item
    if (name !== `${PREFIX}${String(clientId)}` || typeof text !== 'string' || typeof createdAt !== 'number') return []
    const isFailed = typeof failed === 'string' && isErrorCode(failed)
    return [
      {
        clientId: name.slice(PREFIX.length),
        conversationId: optional(conversationId),
        conversationClientId: optional(conversationClientId),
        text,
        ...(isStored(attachments) ? { attachments } : {}),
        ...(typeof replaces === 'string' ? { replaces } : {}),
        ...(isRecord(left) ? { left } : {}),
        ...(isPage(page) ? { page } : {}),
        createdAt,
        ...(isFailed ? { status: 'failed', error: { code: failed } } : { status: 'queued' }),
      },
    ]
  })
  return items.sort((a, b) => a.createdAt - b.createdAt)
}

export const storeThread = (store: Store, { id, clientId }: Thread): void =>
  store.set('open', JSON.stringify({ id, clientId }))

/** The conversation that was on the screen. */
export function storedThread(store: Store): { id?: string; clientId?: string } {
  const { id, clientId } = parsed(store.get('open'))
  return { id: optional(id), clientId: optional(clientId) }
}
