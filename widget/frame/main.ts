/** The iframe's document: the panel, and the only way in and out of it, a port that the page hands over. */
import type { FrameHello, FrameInit, FrameMessage, PageMessage } from '@aside/protocol/frame'
import { createMount } from '../ui/create-mount.ts'
import type { MountedWidget } from '../sdk.ts'
import { obey, vouchingOf } from './commands.ts'
import { createPageFunctions } from './functions.ts'
import { isInit, isMessage } from './port.ts'
import { vouchedByPage } from './vouching.ts'

type Command = Extract<PageMessage, { type: 'command' }>

/** The server writes it into the document, where it resolved a key; else it is the last part of the address. */
const appId = document.documentElement.dataset['app'] ?? decodeURIComponent(location.pathname.split('/').at(-1) ?? '')

/** Where the API is, if not where this document comes from: the server writes that into it as well. */
const baseUrl = document.documentElement.dataset['api'] ?? ''

/** Who embeds us: the browser says so, and `frame-ancestors` has let it. */
function originOfPage(): string | undefined {
  const said = location.ancestorOrigins?.[0] ?? document.referrer
  return URL.canParse(said) ? new URL(said).origin : undefined
}

/** The document is the widget's own, and speaks its language. */
function speakWith(widget: MountedWidget): void {
  const speak = () => (document.documentElement.lang = widget.getState().locale ?? 'en')
  widget.subscribe(speak)
  speak()
}

/** What can be said of what was thrown to another origin: a code. */
const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'internal'

const events = ['ready', 'message', 'unread', 'conversation', 'identity', 'connection', 'error'] as const

function begin({ open, locale, theme, mode, consent, calls = [], ...init }: FrameInit, port: MessagePort): void {
  const post = (message: FrameMessage, ports: MessagePort[] = []) => port.postMessage(message, ports)
  const functions = createPageFunctions(post)
  const argsOf = ({ args }: Command) => args.map(functions.revive)
  const said = (command: string) => calls.findLast((it) => it.command === command)
  const identify = said('identify')
  const { token, getToken } = vouchedByPage({ open, ...init }, identify && vouchingOf(argsOf(identify)[0]))
  function askToMove(): MessagePort {
    const { port1, port2 } = new MessageChannel()
    post({ type: 'move' }, [port2])
    return port1
  }

  // Inline, or over the whole page, it stands where it stands.
  const widget = createMount(undefined, mode ? undefined : { askToMove })(document.body, {
    baseUrl,
    appId,
    mode: mode ? 'page' : 'frame',
    open,
    locale,
    theme,
    identity: token,
    getToken,
    consent: said('setConsent')?.args[0] === true || consent !== 'false',
  })
  speakWith(widget)

  async function run(call: Command): Promise<void> {
    try {
      await obey(widget, call.command, argsOf(call))
      post({ type: 'result', id: call.id })
    } catch (error) {
      post({ type: 'result', id: call.id, error: codeOf(error) })
    }
  }

  // What the page itself has done it knows: an echo could close what it has opened again meanwhile.
  let isPages = false
  for (const type of ['open', 'close'] as const)
    widget.on(type, () => {
      if (!isPages) post({ type })
    })
  for (const name of events) widget.on(name, (detail: unknown) => post({ type: 'event', name, detail }))
  const tellState = () => post({ type: 'state', state: { ...widget.getState() } })
  widget.subscribe(tellState)
  port.onmessage = ({ data }) => {
    if (!isMessage(data)) return
    if (data.type === 'result') functions.heard(data.id, data.value, data.error)
    else if (data.type === 'command') void run(data)
    else if (data.type === 'open' || data.type === 'close') {
      isPages = true
      void widget[data.type]()
      isPages = false
    }
  }
  tellState()
  for (const call of calls) {
    if (call === identify || call.command === 'setConsent') post({ type: 'result', id: call.id })
    else void run(call)
  }
}

const page = originOfPage()
if (window.parent === window) speakWith(createMount()(document.body, { baseUrl, appId, mode: 'frame', open: true }))
else if (page) {
  const hello = () => window.parent.postMessage({ aside: 'ready', version: 2 } satisfies FrameHello, page)
  // The page's side of it may be on its way still.
  const again = setInterval(hello, 100)
  addEventListener('message', function hear({ source, origin, data, ports: [port] }) {
    if (source !== window.parent || origin !== page || !isInit(data) || !port) return
    clearInterval(again)
    removeEventListener('message', hear)
    begin(data, port)
  })
  hello()
}
