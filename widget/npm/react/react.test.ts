import { act, createElement } from 'react'
import { createRoot } from 'react-dom/client'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { MountedWidget } from '@aside/widget'
import { AsideChat, type AsideChatProps } from './index.ts'

const options = { appId: `app_${'0'.repeat(26)}`, baseUrl: 'http://127.0.0.1:9' }

let place: HTMLElement
beforeEach(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })
  place = document.body.appendChild(document.createElement('div'))
})
afterEach(() => place.remove())

const widgets = () => [...place.querySelectorAll('[data-mode]')]

it('mounts with the component, follows its props, tells its events, and leaves nothing', async () => {
  const root = createRoot(place)
  const seen: string[] = []
  let widget: MountedWidget | undefined
  const draw = (props: Partial<AsideChatProps>) =>
    act(async () =>
      root.render(createElement(AsideChat, { ...options, ref: (it) => void (widget = it ?? undefined), ...props })),
    )
  await draw({ theme: 'light', onOpen: () => seen.push('first') })
  expect(widgets()).toHaveLength(1)
  expect(widget?.getState()).toMatchObject({ open: false, theme: 'light' })

  await draw({ theme: 'dark', onOpen: () => seen.push('second') })
  expect(widgets(), 'the same one').toHaveLength(1)
  expect(widget?.getState().theme).toBe('dark')
  await act(async () => widget?.open())
  expect(seen, 'the handler of the last render').toEqual(['second'])

  await draw({ appId: `app_${'1'.repeat(26)}` })
  expect(widgets(), 'another one').toHaveLength(1)
  expect(widget?.getState().open).toBe(false)
  await act(async () => root.unmount())
  expect(place.innerHTML).toBe('')
  expect(widget).toBe(undefined)
})
