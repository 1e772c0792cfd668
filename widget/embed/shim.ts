/** One tag on the page's side: the bubble, the iframe once somebody wants it, and the port between the two. */
import { createBubble } from './bubble.ts'
import type { Tag } from './tag.ts'

export interface Shim {
  readonly key: string
  open(): Promise<unknown>
  close(): Promise<unknown>
  toggle(): Promise<unknown>
  send(text: string): Promise<unknown>
  prefill(text: string): Promise<unknown>
  newConversation(): Promise<unknown>
  destroy(): Promise<unknown>
  /** `ready`, `open`, `close`, `unread` (a count), `sent`, `received`, `error` (a code). Returns the way out. */
  on(event: string, listener: (detail?: unknown) => void): () => void
}

const WATCHDOG_MS = 10_000

const words: Record<string, [open: string, close: string, failed: string]> = {
  en: ['Open chat', 'Close chat', 'The chat could not be loaded. Try again'],
  de: ['Chat öffnen', 'Chat schließen', 'Der Chat ließ sich nicht laden. Noch einmal versuchen'],
  ar: ['فتح الدردشة', 'إغلاق الدردشة', 'تعذّر تحميل الدردشة. المحاولة مرة أخرى'],
}

export function createShim(tag: Tag, gone: (shim: Shim) => void): Shim {
  const { key, server, locale, theme } = tag
  const [openWords, closeWords, failedWords] = words[(locale ?? navigator.language).slice(0, 2)] ?? words['en']!
  const remembered = `aside:open:${key}`
  const listeners = new Set<[event: string, listener: (detail?: unknown) => void]>()
  const bubble = createBubble(tag)
  const { visualViewport } = window

  let frame: HTMLIFrameElement | undefined
  let port: MessagePort | undefined
  let watchdog: ReturnType<typeof setTimeout> | undefined
  let failed = false
  let shown = false
  let unread = 0
  let lastId = 0
  /** Made before the frame listened. */
  let waiting: object[] = []
  const calls = new Map<number, [() => void, (reason: Error) => void]>()

  const tell = (event: string, detail?: unknown) => {
    for (const [name, listener] of listeners) if (name === event) listener(detail)
  }
  const post = (message: object) => (port ? port.postMessage(message) : waiting.push(message))

  function draw(): void {
    const on = shown && !!port
    frame?.classList.toggle('on', on)
    bubble.badge(shown ? 0 : unread)
    bubble.draw(
      failed ? 'again' : on ? 'down' : 'chat',
      failed ? failedWords : on ? closeWords : openWords,
      shown && !on && !failed,
    )
  }

  /** On phones the frame covers the page, and ends where the keyboard begins. */
  function fit(): void {
    bubble.host.style.setProperty('--h', `${visualViewport?.height}px`)
    bubble.host.style.setProperty('--t', `${visualViewport?.offsetTop}px`)
  }

  function remember(): void {
    try {
      if (shown) sessionStorage.setItem(remembered, '1')
      else sessionStorage.removeItem(remembered)
    } catch {
      // Storage is blocked: it is only not remembered.
    }
  }

  function unload(): void {
    clearTimeout(watchdog)
    port?.close()
    frame?.remove()
    frame = port = undefined
    for (const [, refuse] of calls.values()) refuse(new Error(failedWords))
    calls.clear()
    waiting = []
  }

  function load(): void {
    if (frame) return
    failed = false
    frame = document.createElement('iframe')
    frame.title = 'Chat'
    frame.referrerPolicy = 'origin'
    frame.setAttribute(
      'sandbox',
      'allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox',
    )
    frame.allow = 'clipboard-write'
    frame.src = `${server}/embed/${encodeURIComponent(key)}`
    bubble.root.append(frame)
    watchdog = setTimeout(() => {
      unload()
      failed = true
      draw()
      tell('error', 'network')
    }, WATCHDOG_MS)
  }

  function hear(event: MessageEvent): void {
    if (
      !frame ||
      port ||
      event.source !== frame.contentWindow ||
      event.origin !== server ||
      event.data?.aside !== 'ready'
    )
      return
    const channel = new MessageChannel()
    port = channel.port1
    port.onmessage = ({ data }) => answer(data)
    const viewport = { width: innerWidth, height: innerHeight }
    // Open by itself: shown, but the focus stays where the visitor has it.
    const open = shown && waiting.length === 0
    frame.contentWindow?.postMessage({ aside: 'init', version: 1, appId: key, open, locale, theme, viewport }, server, [
      channel.port2,
    ])
  }

  function answer(message: Record<string, unknown>): void {
    const { type, id, name, code, count, primary } = message
    if (type === 'ready') {
      clearTimeout(watchdog)
      if (typeof primary === 'string' && CSS.supports('color', primary)) bubble.color(primary)
      for (const early of waiting.splice(0)) post(early)
      draw()
    } else if (type === 'close') show(false, true)
    else if (type === 'unread' && typeof count === 'number') {
      unread = count
      draw()
      tell('unread', count)
    } else if (type === 'event' && typeof name === 'string') tell(name)
    else if (type === 'result' || type === 'error') {
      const call = calls.get(Number(id))
      calls.delete(Number(id))
      if (type === 'result') call?.[0]()
      else if (call) call[1](new Error(String(code)))
      else tell('error', code)
    }
  }

  function show(next: boolean, asked: boolean): void {
    if (failed) unload()
    if (next) load()
    if (next === shown && !failed) return
    shown = next
    remember()
    if (asked || !next) post({ type: next ? 'open' : 'close' })
    if (next && asked) frame?.focus()
    else if (asked) bubble.button.focus()
    draw()
    tell(next ? 'open' : 'close')
  }

  const command = (name: string) => (text?: string) => {
    load()
    return new Promise<void>((resolve, reject) => {
      calls.set(++lastId, [resolve, reject])
      post({ type: 'command', id: lastId, command: name, text })
    })
  }

  const shim: Shim = {
    key,
    open: async () => show(true, true),
    close: async () => show(false, true),
    toggle: async () => show(!shown, true),
    send: command('send'),
    prefill: command('prefill'),
    newConversation: command('newConversation'),
    async destroy() {
      shown = false
      remember()
      unload()
      removeEventListener('message', hear)
      visualViewport?.removeEventListener('resize', fit)
      visualViewport?.removeEventListener('scroll', fit)
      listeners.clear()
      bubble.host.remove()
      gone(shim)
    },
    on(event, listener) {
      const entry: [string, typeof listener] = [event, listener]
      listeners.add(entry)
      return () => void listeners.delete(entry)
    },
  }

  addEventListener('message', hear)
  visualViewport?.addEventListener('resize', fit)
  visualViewport?.addEventListener('scroll', fit)
  bubble.button.onclick = shim.toggle
  bubble.button.onpointerenter = bubble.button.onfocus = load
  draw()
  let reopen = tag.open
  try {
    // On a phone it would cover the page the visitor has just gone to.
    reopen ||= sessionStorage.getItem(remembered) === '1' && innerWidth > 480
  } catch {
    // Storage is blocked.
  }
  if (reopen) show(true, false)
  return shim
}
