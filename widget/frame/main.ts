/** The iframe's document: the panel, and the only way in and out of it, a port that the page hands over. */
import type { FrameHello, FrameInit, FrameMessage, PageMessage } from '@aside/protocol/frame'
import { mount } from '../ui/mount.ts'
import type { Widget } from '../ui/options.ts'
import { isInit, isMessage } from './port.ts'

/** The server writes it into the document, where it resolved a key; else it is the last part of the address. */
const appId = document.documentElement.dataset['app'] ?? decodeURIComponent(location.pathname.split('/').at(-1) ?? '')

/** Who embeds us: the browser says so, and `frame-ancestors` has let it. */
function originOfPage(): string | undefined {
  const said = location.ancestorOrigins?.[0] ?? document.referrer
  return URL.canParse(said) ? new URL(said).origin : undefined
}

function obey(widget: Widget, message: PageMessage, post: (message: FrameMessage) => void): void {
  if (message.type === 'open') return widget.open()
  if (message.type === 'close') return widget.close()
  if (message.type !== 'command') return
  const { command, id, text = '' } = message
  if (command === 'send' || command === 'prefill') widget[command](text)
  else widget[command]()
  if (id !== undefined) post({ type: 'result', id })
}

function begin({ open, locale, theme }: FrameInit, port: MessagePort): void {
  const post = (message: FrameMessage) => port.postMessage(message)
  const widget = mount(document.body, { baseUrl: '', appId, mode: 'frame', open, locale, theme })
  // What the page itself has closed it knows: an echo could close what it has opened again meanwhile.
  let closedByPage = false
  widget.on('close', () => {
    if (!closedByPage) post({ type: 'close' })
  })
  widget.on('unread', (count) => post({ type: 'unread', count }))
  widget.on('error', ({ code }) => post({ type: 'error', code }))
  widget.on('sent', () => post({ type: 'event', name: 'sent' }))
  widget.on('received', () => post({ type: 'event', name: 'received' }))
  widget.on('ready', () => post({ type: 'event', name: 'ready', primary: widget.primary() }))
  port.onmessage = ({ data }) => {
    if (!isMessage(data)) return
    closedByPage = data.type === 'close'
    obey(widget, data, post)
    closedByPage = false
  }
  post({ type: 'ready' })
}

const page = originOfPage()
if (window.parent === window) mount(document.body, { baseUrl: '', appId, mode: 'frame', open: true })
else if (page) {
  addEventListener('message', function hear({ source, origin, data, ports: [port] }) {
    if (source !== window.parent || origin !== page || !isInit(data) || !port) return
    removeEventListener('message', hear)
    begin(data, port)
  })
  window.parent.postMessage({ aside: 'ready', version: 1 } satisfies FrameHello, page)
}
