import { describe, expect, it } from 'vitest'
import { openPreferences } from './preferences.ts'
import type { Backing } from './storage.ts'

function memory(): Backing & { readonly map: Map<string, string> } {
  const map = new Map<string, string>()
  return {
    map,
    get length() {
      return map.size
    },
    key: (at) => [...map.keys()][at] ?? null,
    getItem: (name) => map.get(name) ?? null,
    setItem: (name, value) => void map.set(name, value),
    removeItem: (name) => void map.delete(name),
  }
}

const blocked: Backing = {
  get length(): number {
    throw new Error('blocked')
  },
  key: () => null,
  getItem: () => null,
  setItem() {
    throw new Error('blocked')
  },
  removeItem() {
    throw new Error('blocked')
  },
}

describe('what a visitor has chosen', () => {
  it('is there again, for this app and no other', () => {
    const backing = memory()
    openPreferences('app_1', backing).write({ theme: 'dark', textScale: 1.15, sound: false })
    expect(openPreferences('app_1', backing).read()).toMatchObject({ theme: 'dark', textScale: 1.15, sound: false })
    expect(openPreferences('app_2', backing).read()).toEqual({})
  })

  it('leaves nothing behind once nothing is chosen', () => {
    const backing = memory()
    const preferences = openPreferences('app_1', backing)
    preferences.write({ theme: 'dark' })
    preferences.write({ theme: undefined })
    expect(backing.map.size).toBe(0)
  })

  it('holds for the page where storage is blocked', () => {
    const preferences = openPreferences('app_1', blocked)
    preferences.write({ locale: 'de' })
    expect(preferences.read().locale).toBe('de')
  })

  it.each([
    ['no JSON', '{'],
    ['null', 'null'],
    ['another shape', '[1,2]'],
    ['other types', '{"theme":5,"sound":"yes","locale":5,"textScale":"99","place":"here"}'],
    ['of another version', '{"volume":11}'],
  ])('is nothing where what is stored is %s', (_, json) => {
    const backing = memory()
    backing.map.set('aside:preferences:app_1', json)
    expect(openPreferences('app_1', backing).read()).toEqual({})
  })

  it('is heard of from other tabs', () => {
    let heard = 0
    const leave = openPreferences('app_1').watch(() => heard++)
    dispatchEvent(new StorageEvent('storage', { key: 'aside:preferences:app_1' }))
    dispatchEvent(new StorageEvent('storage', { key: 'aside:preferences:app_2' }))
    dispatchEvent(new StorageEvent('storage', { key: null }))
    leave()
    dispatchEvent(new StorageEvent('storage', { key: null }))
    expect(heard).toBe(2)
  })
})
