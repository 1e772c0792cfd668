import { describe, expect, it } from 'vitest'
import { createConsent } from './consent.ts'
import { openStore } from './storage.ts'
import { nothing, storedUnsent, storeUnsent } from './unsent.ts'

const file = { id: 'fil_1', name: 'lamp.png', type: 'image/png', sizeBytes: 12 }

describe('what is not sent yet', () => {
  it('is there again, each in its conversation, and gone once there is nothing of it', () => {
    localStorage.clear()
    const store = openStore('app_1')
    storeUnsent(store, 'cnv_1', { text: 'The lamp', files: [file] })
    storeUnsent(store, undefined, { text: 'Another', files: [] })
    const later = openStore('app_1')
    expect(storedUnsent(later, 'cnv_1')).toEqual({ text: 'The lamp', files: [file] })
    expect(storedUnsent(later, undefined)).toEqual({ text: 'Another', files: [] })
    expect(storedUnsent(later, 'cnv_2')).toEqual(nothing)
    storeUnsent(store, 'cnv_1', nothing)
    storeUnsent(store, undefined, nothing)
    expect(localStorage.length).toBe(0)
  })

  it('is not stored before there is consent', () => {
    localStorage.clear()
    const { backing, set } = createConsent('app_1', false)
    const store = openStore('app_1', backing)
    storeUnsent(store, undefined, { text: 'The lamp', files: [file] })
    expect(localStorage.length).toBe(0)
    expect(storedUnsent(store, undefined).text).toBe('The lamp')
    set(true)
    expect(storedUnsent(openStore('app_1'), undefined).files).toEqual([file])
  })

  it.for(['no JSON', 'null', '[]', '7', '{"text":7,"files":"x"}', '{"files":[null,{"id":7},{"id":"fil_1"}]}'])(
    'is nothing where what is stored is none: %s',
    (value) => {
      const store = openStore('app_1')
      store.set('unsent:', value)
      expect(storedUnsent(store, undefined)).toEqual(nothing)
    },
  )
})
