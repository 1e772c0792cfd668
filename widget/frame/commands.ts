/** What the page asks of the widget, done: every argument is looked at, for the page is another origin. */
import { Fault } from '@aside/protocol'
import type { FrameCommand } from '@aside/protocol/frame'
import type { GetToken, MountedWidget, Vouching } from '../sdk.ts'

export const isObject = (it: unknown): it is Record<string, unknown> => typeof it === 'object' && it !== null

export function text(it: unknown, maxChars = 8_000): string {
  if (typeof it === 'string' && it.length <= maxChars) return it
  throw new Fault('invalid_input', `A text of at most ${maxChars} characters is needed`)
}

/** `JSON` knows no `undefined`. */
export const absent = (it: unknown): it is null | undefined => it === null || it === undefined

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

export type Commands = Partial<
  Record<FrameCommand, (widget: MountedWidget, ...args: unknown[]) => Promise<void> | void>
>

const commands: Commands = {
  send: (widget, it) => widget.send(text(it)),
  prefill: (widget, it) => widget.prefill(text(it)),
  startConversation: (widget, it) => widget.startConversation(absent(it) ? undefined : text(it)),
  showConversation: (widget, it) => widget.showConversation(text(it, 100)),
  identify: (widget, it) => widget.identify(vouchingOf(it)),
  logout: (widget) => widget.logout(),
  setLocale: (widget, it) => widget.setLocale(absent(it) ? undefined : text(it, 35)),
  setTheme: (widget, it) => widget.setTheme(themeOf(it)),
  setConsent: (widget, it) => widget.setConsent(it === true),
}

/** What a page says and can do: few need it. */
let more: Promise<Commands | undefined> | undefined

/** Rejects with a `Fault` where the arguments are not what the command takes. What was asked first is begun first. */
export async function obey(widget: MountedWidget, command: FrameCommand, args: unknown[]): Promise<void> {
  if (!commands[command])
    more ??= import('./page-commands.ts').then(
      (it) => it.commands,
      () => (more = undefined),
    )
  const run = { ...(await more), ...commands }[command]
  if (!run) throw new Fault('not_found', `There is no command ${command}`)
  await run(widget, ...args)
}
