/**
 * `embed-port.js`: what the shim and the iframe say to each other. Fetched with the iframe, on first intent.
 */
import { bare } from '@aside/protocol/bare'
import type { FrameInit, PageMessage } from '@aside/protocol/frame'
import type { WidgetState } from '../sdk.ts'
import type { PagePart } from './page.ts'
import { placeCss } from './place.ts'
import type { Call, Shim } from './shim.ts'

/** A `FrameMessage`. The frame is the server's own, and only shows what it says. */
interface Heard {
  type: string
  id: number
  /** Of an event. */
  name: string
  detail?: unknown
  state?: WidgetState
  /** Which of the page's functions is called, and with what. */
  fn: number
  args: unknown[]
  value?: unknown
  /** A code. */
  error?: string
}

type Kept = Call & { readonly message: Extract<PageMessage, { type: 'command' }> }

/** What sets something is said again to another frame, after the first has been given up. */
const isSetting = ({ name }: Call) => /^(set|id|reg|unreg)/.test(name)

export function speak(shim: Shim): void {
  const { key, server, tag, root, host } = shim
  const storedKey = `aside:${key}`
  const sheet = new CSSStyleSheet()
  /** The page's own functions, which the frame knows by their numbers. */
  const functions: ((...args: unknown[]) => unknown)[] = []
  const kept = new Map<number, Kept>()
  const viewport = globalThis.visualViewport ?? undefined
  let stored: Record<string, unknown> = {}
  let port: MessagePort | undefined
  let count = 0
  /** What the frame was told last. */
  let told: boolean | undefined

  /** What a chat does without that has nothing new, and stands where it always does. */
  let page: Promise<void | PagePart> | undefined
  const onPage = (act: (it: PagePart) => void) =>
    void (page ??= import('./page.ts').then(
      (it) => it.createPagePart(shim),
      () => void (page = undefined),
    )).then((it) => it && act(it))

  const post = (message: PageMessage) => port?.postMessage(message)

  /** As it can travel: data, and numbers for functions. */
  const plain = (it: unknown): unknown =>
    JSON.parse(
      JSON.stringify(it ?? null, (_, part: unknown) =>
        typeof part === 'function' ? { $fn: functions.push(part as () => unknown) - 1 } : part,
      ),
    )

  /** Whether it was open, for the pages to come. */
  function allow(isAllowed: unknown): void {
    try {
      if (isAllowed) stored = sessionStorage
      else {
        stored = {}
        delete sessionStorage[storedKey]
      }
    } catch {
      // Storage is blocked: it is not remembered.
    }
  }

  function place(): void {
    const { height, offsetTop } = viewport ?? { height: innerHeight, offsetTop: 0 }
    sheet.replaceSync(placeCss(shim.look, { height, offsetTop }, tag))
  }

  function hearResult(id: number, value: unknown, error: string | undefined): void {
    const call = kept.get(id)
    if (!call) return
    if (!isSetting(call)) kept.delete(id)
    if (error) call.reject(Object.assign(new Error(error), { code: error }))
    else call.resolve(value)
  }

  async function answer(id: number, fn: number, args: unknown[]): Promise<void> {
    try {
      post({ type: 'result', id, value: plain(await functions[fn]?.(...args)) })
    } catch (thrown) {
      post({ type: 'result', id, error: String(thrown).slice(0, 500) })
    }
  }

  function hear({ type, id, name, detail, state, fn, args, value, error }: Heard, moving?: MessagePort): void {
    if (type === 'call') void answer(id, fn, args)
    else if (type === 'result') hearResult(id, value, error)
    else if (type === 'event') shim.tell(name, detail)
    else if (type === 'move') onPage((it) => it.move(moving!))
    else if (type === 'open' || type === 'close') shim.show(type === 'open')
    else if (type === 'state' && state) {
      const isFirst = !shim.ready
      clearTimeout(shim.watchdog)
      shim.ready = true
      shim.state = state
      shim.note = state.unread
      if (page || state.unread) onPage((it) => it.count(state.unread))
      // What the tag leaves open.
      const { position, zIndex } = tag
      shim.look = { ...shim.look, ...state.look, ...(position ? { position } : {}), ...(zIndex ? { zIndex } : {}) }
      shim.draw()
      place()
      // By itself it leaves the focus where the visitor has it. What cannot be seen yet cannot have it.
      if (!isFirst || !shim.asked || !shim.shown) return
      shim.frame?.focus()
      post({ type: 'open' })
    }
  }

  shim.flush = () => {
    for (const call of shim.calls.splice(0)) {
      if (call.name === 'setConsent') allow(call.args[0])
      const message = { type: 'command', id: ++count, command: call.name, args: plain(call.args) } as Kept['message']
      kept.set(count, { ...call, message })
      post(message)
    }
    if (shim.shown !== told && port) post({ type: (told = shim.shown) ? 'open' : 'close' })
    if (shim.asked || stored[storedKey]) stored[storedKey] = shim.shown || ''
  }
  shim.onUnload = () => {
    port?.close()
    port = told = undefined
    shim.ready = false
    delete stored[storedKey]
  }

  allow(tag.consent !== 'false')
  root.adoptedStyleSheets.push(sheet)
  place()
  // It has the `signal` that ends this, and nothing that the page gave all objects.
  addEventListener(
    'message',
    ({ source, origin, data }) => {
      if (port || source !== shim.frame?.contentWindow || origin !== server || data.aside !== 'ready') return
      const channel = new MessageChannel()
      channel.port1.onmessage = ({ data, ports }) => hear(bare(data as Heard), ports[0])
      shim.flush?.()
      const calls = [...kept.values()].map((it) => it.message)
      const init: FrameInit = { ...tag, aside: 'init', version: 2, appId: key, open: shim.shown, calls } as FrameInit
      ;(source as Window).postMessage(init, server, [channel.port2])
      port = channel.port1
      told = shim.shown
    },
    shim,
  )
  // On phones the frame covers the page, and ends where the keyboard begins.
  viewport?.addEventListener('resize', place, shim)
  viewport?.addEventListener('scroll', place, shim)
  if (!host.isConnected) return
  shim.flush()
}
