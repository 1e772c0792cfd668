import { createApp, defineComponent, h, nextTick, ref } from 'vue'
import { expect, it } from 'vitest'
import { AsideChat, type AsideChatInstance } from './index.ts'

const options = { appId: `app_${'0'.repeat(26)}`, baseUrl: 'http://127.0.0.1:9' }

it('mounts with the component, follows its props, tells its events, and leaves nothing', async () => {
  const place = document.body.appendChild(document.createElement('div'))
  const theme = ref<'light' | 'dark'>('light')
  const appId = ref(options.appId)
  const seen: string[] = []
  const chat = ref<AsideChatInstance>()
  const app = createApp(
    defineComponent(
      () => () =>
        h(AsideChat, {
          ...options,
          ref: chat,
          appId: appId.value,
          theme: theme.value,
          onOpen: () => seen.push('open'),
        }),
    ),
  )
  app.mount(place)
  const widgets = () => [...place.querySelectorAll('[data-mode]')]
  expect(widgets()).toHaveLength(1)
  expect(chat.value?.widget?.getState()).toMatchObject({ open: false, theme: 'light' })

  theme.value = 'dark'
  await nextTick()
  expect(chat.value?.widget?.getState().theme).toBe('dark')
  await chat.value?.widget?.open()
  expect(seen).toEqual(['open'])

  appId.value = `app_${'1'.repeat(26)}`
  await nextTick()
  expect(widgets(), 'another one').toHaveLength(1)
  expect(chat.value?.widget?.getState().open).toBe(false)
  app.unmount()
  expect(place.innerHTML).toBe('')
  place.remove()
})
