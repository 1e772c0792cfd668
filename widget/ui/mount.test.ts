import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { DetachedWindowAPI } from 'happy-dom'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import { mount } from './mount.ts'
import type { Options } from './options.ts'

/** A server that is there and has no time for anybody. */
const server = createServer((_request, response) => {
  response.writeHead(503, {
    'access-control-allow-origin': '*',
    'access-control-allow-headers': '*',
    'access-control-allow-methods': '*',
  })
  response.end()
})
const options: Options = { baseUrl: '', appId: `app_${'0'.repeat(26)}`, locale: 'en' }
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  options.baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  // What was on its way when a widget was destroyed would still arrive.
  await (window as unknown as { happyDOM: DetachedWindowAPI }).happyDOM.abort()
  server.close()
})

const rootOf = (place: Element) => place.firstElementChild!.shadowRoot!

/** What listens on `target`, by whichever way it was added and taken away. */
function listeners(target: EventTarget) {
  const listening = new Set<string>()
  const names = new Map<unknown, number>()
  const key = (type: string, listener: unknown) => {
    names.set(listener, names.get(listener) ?? names.size)
    return `${type} ${names.get(listener)}`
  }
  vi.spyOn(target, 'addEventListener').mockImplementation((type, listener, options) => {
    const name = key(type, listener)
    listening.add(name)
    if (typeof options === 'object') options.signal?.addEventListener('abort', () => listening.delete(name))
  })
  vi.spyOn(target, 'removeEventListener').mockImplementation(
    (type, listener) => void listening.delete(key(type, listener)),
  )
  return listening
}

let place: HTMLElement
beforeEach(() => {
  place = document.createElement('div')
  document.body.append(place)
})
afterEach(() => {
  place.remove()
  vi.restoreAllMocks()
  localStorage.clear()
})

describe('a widget that nobody has opened', () => {
  it('requests nothing, stores nothing, and shows a launcher', async () => {
    const fetched = vi.spyOn(globalThis, 'fetch')
    const widget = mount(place, options)
    await nextTick()
    expect(fetched).not.toHaveBeenCalled()
    expect(localStorage.length + sessionStorage.length).toBe(0)
    const launcher = rootOf(place).querySelector('button')
    expect(launcher?.getAttribute('aria-label')).toBe('Open chat')
    expect(launcher?.getAttribute('aria-expanded')).toBe('false')
    expect(rootOf(place).querySelector('[role=dialog]')).toBe(null)
    widget.destroy()
  })

  it('puts nothing into the page but one element', () => {
    const head = document.head.innerHTML
    const widget = mount(place, options)
    expect(place.children.length).toBe(1)
    expect(place.textContent).toBe('')
    expect(document.head.innerHTML).toBe(head)
    widget.destroy()
  })
})

describe('an open widget', () => {
  it('is a labelled dialog with a log and an input, and says that it opened', async () => {
    const widget = mount(place, options)
    const heard: string[] = []
    widget.on('open', () => heard.push('open'))
    const off = widget.on('close', () => heard.push('close'))
    widget.open()
    await nextTick()
    const dialog = rootOf(place).querySelector('[role=dialog]')
    const label = dialog?.getAttribute('aria-labelledby')
    expect(rootOf(place).getElementById(label ?? '')?.textContent).toBe('Chat')
    expect(dialog?.querySelector('[role=log]')?.getAttribute('aria-label')).toBe('Messages')
    expect(dialog?.querySelector('textarea')?.getAttribute('aria-label')).toBe('Message')
    widget.close()
    off()
    widget.open()
    widget.close()
    expect(heard).toEqual(['open', 'close', 'open'])
    widget.destroy()
  })

  it('closes at Escape and gives the focus back to the launcher', async () => {
    const widget = mount(place, { ...options, open: true })
    await nextTick()
    const dialog = rootOf(place).querySelector('[role=dialog]')!
    dialog.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }))
    await nextTick()
    expect(dialog.hasAttribute('inert')).toBe(true)
    expect(rootOf(place).activeElement?.getAttribute('aria-label')).toBe('Open chat')
    widget.destroy()
  })

  it('takes locale, theme and side at once', async () => {
    const widget = mount(place, { ...options, theme: 'light' })
    widget.update({ locale: 'ar', theme: 'dark', position: 'left', primary: '#aa0000' })
    await vi.waitFor(() =>
      expect(rootOf(place).querySelector('button')?.getAttribute('aria-label')).toBe('فتح الدردشة'),
    )
    const root = rootOf(place).querySelector('.aside')
    expect(root?.getAttribute('dir')).toBe('rtl')
    expect([...(root?.classList ?? [])]).toEqual(expect.arrayContaining(['dark', 'left']))
    expect(widget.getState().look).toMatchObject({ color: '#aa0000', position: 'left' })
    widget.destroy()
  })
})

describe('two widgets on one page', () => {
  it('know nothing of each other', async () => {
    const other = document.createElement('div')
    document.body.append(other)
    const one = mount(place, options)
    const two = mount(other, { ...options, appId: `app_${'1'.repeat(26)}` })
    one.open()
    one.prefill('for the first')
    await nextTick()
    expect(rootOf(place).querySelector('textarea')?.value).toBe('for the first')
    expect(rootOf(other).querySelector('textarea')).toBe(null)
    two.open()
    await nextTick()
    expect(rootOf(other).querySelector('textarea')?.value).toBe('')
    one.destroy()
    expect(rootOf(other).querySelector('textarea')).not.toBe(null)
    two.destroy()
    other.remove()
  })
})

describe('a destroyed widget', () => {
  it('leaves the page as it was, and is destroyed once', async () => {
    const heard = [listeners(window), listeners(document)]
    const count = () => heard.reduce((sum, { size }) => sum + size, 0)
    const widget = mount(place, options)
    widget.open()
    await nextTick()
    expect(count()).toBeGreaterThan(0)
    widget.destroy()
    widget.destroy()
    expect(place.innerHTML).toBe('')
    expect(heard.flatMap((names) => [...names])).toEqual([])
  })
})
