// @vitest-environment node
import { expect, test } from 'vitest'
import type { OutboxItem } from './state.ts'
import { forgetItem, openStore, storedItems, storedThread, storeItem } from './storage.ts'
import { blockedStorage, createStorage } from './testing/browser.ts'

const item = (clientId: string, createdAt: number): OutboxItem => ({
  clientId,
  createdAt,
  text: 'Hi',
  status: 'queued',
})

test('everything stands under the app’s own prefix, and what belongs to others is not touched', () => {
  const backing = createStorage()
  backing.setItem('theirs', '1')
  const store = openStore('app_1', backing)
  const other = openStore('app_2', backing)
  store.set('token', 'secret')
  storeItem(other, item('b', 1))
  expect([...backing.entries.keys()]).toEqual(['theirs', 'aside:app_1:token', 'aside:app_2:outbox:b'])
  expect(storedItems(store)).toEqual([])
  store.set('token', undefined)
  expect(store.get('token')).toBeUndefined()
})

test('items come back oldest first, as queued, or as failed with the reason', () => {
  const store = openStore('app_1', createStorage())
  storeItem(store, { ...item('b', 2), status: 'sending' })
  storeItem(store, { ...item('a', 1), status: 'failed', error: { code: 'invalid_input' } })
  expect(storedItems(store)).toMatchObject([
    { clientId: 'a', status: 'failed', error: { code: 'invalid_input' } },
    { clientId: 'b', status: 'queued' },
  ])
  forgetItem(store, 'a')
  expect(storedItems(store)).toHaveLength(1)
})

test.each(['', 'null', '[]', '{', '{"clientId":"a"}', '{"clientId":"b","text":"Hi","createdAt":1}', '"a"'])(
  'what others wrote into the storage (%s) is passed over',
  (junk) => {
    const backing = createStorage()
    backing.setItem('aside:app_1:outbox:a', junk)
    backing.setItem('aside:app_1:open', junk)
    const store = openStore('app_1', backing)
    expect(storedItems(store)).toEqual([])
    expect(storedThread(store).id).toBeUndefined()
  },
)

test.each([
  ['blocked', blockedStorage],
  ['absent', undefined],
  ['full', Object.assign(createStorage(), { setItem: () => blockedStorage.setItem('', '') })],
])('storage that is %s is replaced by memory', (_, backing) => {
  const store = openStore('app_1', backing)
  store.set('token', 'secret')
  storeItem(store, item('a', 1))
  expect(store.get('token')).toBe('secret')
  expect(storedItems(store)).toHaveLength(1)
  expect(store.isShared()).toBe(false)
  forgetItem(store, 'a')
  expect(storedItems(store)).toEqual([])
})

test('storage that works is shared', () => {
  const backing = createStorage()
  expect(openStore('app_1', backing).isShared()).toBe(true)
  expect(backing.length).toBe(0)
})
