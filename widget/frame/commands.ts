/** What the page asks of the widget, done: every argument is looked at, for the page is another origin. */
import { Fault } from '@aside/protocol'
import type { FrameCommand } from '@aside/protocol/frame'
import type { ContextChange, GetToken, MountedWidget, PageTool, Vouching } from '../sdk.ts'

const isObject = (it: unknown): it is Record<string, unknown> => typeof it === 'object' && it !== null

function text(it: unknown, maxChars = 8_000): string {
  if (typeof it === 'string' && it.length <= maxChars) return it
  throw new Fault('invalid_input', `A text of at most ${maxChars} characters is needed`)
}

/** `JSON` knows no `undefined`. */
const absent = (it: unknown): it is null | undefined => it === null || it === undefined

export function vouchingOf(it: unknown): Vouching {
  const { token, getToken } = isObject(it) ? it : {}
  return {
    token: absent(token) ? undefined : text(token, 8_192),
    getToken: typeof getToken === 'function' ? (getToken as GetToken) : undefined,
  }
}

function themeOf(it: unknown): 'light' | 'dark' | 'auto' | undefined {
  if (absent(it)) return undefined
  if (it === 'light' || it === 'dark' || it === 'auto') return it
  throw new Fault('invalid_input', 'A theme is light, dark or auto')
}

const isPlain = (it: unknown): it is string | number | boolean | null =>
  it === null || ['string', 'number', 'boolean'].includes(typeof it)

function contextOf(it: unknown): ContextChange {
  const isContext = (all: unknown): all is ContextChange =>
    isObject(all) && !Array.isArray(all) && Object.values(all).every(isPlain)
  if (isContext(it)) return it
  throw new Fault('invalid_input', 'A context is names with texts, numbers, true, false or null')
}

function toolOf(it: unknown): PageTool {
  const { name, description, parameters, confirm, handler } = isObject(it) ? it : {}
  if (!isObject(parameters) || Array.isArray(parameters) || typeof handler !== 'function')
    throw new Fault('invalid_input', 'A tool has a schema as its parameters, and a handler')
  return {
    name: text(name, 64),
    description: text(description, 1_000),
    parameters,
    confirm: confirm === false ? false : absent(confirm) ? undefined : text(confirm, 1_000),
    handler: (args) => handler(args),
  }
}

type Done = Promise<void> | void

const commands: Partial<Record<FrameCommand, (widget: MountedWidget, ...args: unknown[]) => Done>> = {
  send: (widget, it) => widget.send(text(it)),
  prefill: (widget, it) => widget.prefill(text(it)),
  startConversation: (widget, it) => widget.startConversation(absent(it) ? undefined : text(it)),
  showConversation: (widget, it) => widget.showConversation(text(it, 100)),
  identify: (widget, it) => widget.identify(vouchingOf(it)),
  logout: (widget) => widget.logout(),
  setLocale: (widget, it) => widget.setLocale(absent(it) ? undefined : text(it, 35)),
  setTheme: (widget, it) => widget.setTheme(themeOf(it)),
  setConsent: (widget, it) => widget.setConsent(it === true),
  setContext: (widget, it) => widget.setContext(contextOf(it)),
  registerTool: (widget, it) => widget.registerTool(toolOf(it)),
  unregisterTool: (widget, it) => widget.unregisterTool(text(it, 64)),
}

/** Rejects with a `Fault` where the arguments are not what the command takes. */
export async function obey(widget: MountedWidget, command: FrameCommand, args: unknown[]): Promise<void> {
  const run = commands[command]
  if (!run) throw new Fault('not_found', `There is no command ${command}`)
  await run(widget, ...args)
}
