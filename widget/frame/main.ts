/** The iframe's document: the panel, and the only way in and out of it, a port that the page hands over. */
import type { FrameHello, FrameInit, FrameMessage, PageMessage } from '@aside/protocol/frame'
import { mount } from '../ui/mount.ts'
import type { Widget } from '../ui/options.ts'
import { isInit, isMessage } from './port.ts'
import { type PageVouching, vouchedByPage } from './vouching.ts'

type Post = (message: FrameMessage) => void

/** The server writes it into the document, where it resolved a key; else it is the last part of the address. */
const appId = document.documentElement.dataset['app'] ?? decodeURIComponent(location.pathname.split('/').at(-1) ?? '')

/** Where the API is, if not where this document comes from: the server writes that into it as well. */
const baseUrl = document.documentElement.dataset['api'] ?? ''

/** Who embeds us: the browser says so, and `frame-ancestors` has let it. */
function originOfPage(): string | undefined {
  const said = location.ancestorOrigins?.[0] ?? document.referrer
  return URL.canParse(said) ? new URL(said).origin : undefined
}

function obey(widget: Widget, message: PageMessage, vouching: PageVouching, post: Post): void {
  if (message.type === 'token') return vouching.heard(message.token)
  if (message.type === 'open') return widget.open()
  if (message.type === 'close') return widget.close()
  if (message.type !== 'command') return
  const { command, id, text = '' } = message
  if (command === 'send' || command === 'prefill') widget[command](text)
  else if (command === 'identify') widget.identify({ getToken: vouching.anew })
  else widget[command]()
  if (id !== undefined) post({ type: 'result', id })
}

function begin(init: FrameInit, port: MessagePort): void {
  const { open, locale, theme, position, zIndex } = init
  const post: Post = (message) => port.postMessage(message)
  const vouching = vouchedByPage(init, () => post({ type: 'token' }))
  const { getToken } = vouching
  const widget = mount(document.body, { baseUrl, appId, mode: 'frame', open, locale, theme, getToken })
  const look = () => {
    const { color, radius, ...own } = widget.look()
    return { color, radius, ...(position ? {} : { position: own.position }), ...(zIndex ? {} : { zIndex: own.zIndex }) }
  }
  // What the page itself has closed it knows: an echo could close what it has opened again meanwhile.
  let closedByPage = false
  widget.on('close', () => {
    if (!closedByPage) post({ type: 'close' })
  })
  widget.on('unread', (count) => post({ type: 'unread', count }))
  widget.on('error', ({ code }) => post({ type: 'error', code }))
  widget.on('sent', () => post({ type: 'event', name: 'sent' }))
  widget.on('received', () => post({ type: 'event', name: 'received' }))
  widget.on('ready', () => post({ type: 'event', name: 'ready', look: look() }))
  widget.on('look', () => post({ type: 'event', name: 'look', look: look() }))
  port.onmessage = ({ data }) => {
    if (!isMessage(data)) return
    closedByPage = data.type === 'close'
    obey(widget, data, vouching, post)
    closedByPage = false
  }
  post({ type: 'ready' })
}

const page = originOfPage()
if (window.parent === window) mount(document.body, { baseUrl, appId, mode: 'frame', open: true })
else if (page) {
  addEventListener('message', function hear({ source, origin, data, ports: [port] }) {
    if (source !== window.parent || origin !== page || !isInit(data) || !port) return
    removeEventListener('message', hear)
    begin(data, port)
  })
  window.parent.postMessage({ aside: 'ready', version: 1 } satisfies FrameHello, page)
}
