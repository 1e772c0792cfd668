/** Aside's chat widget as a React component: `<AsideChat appId="app_…" baseUrl="https://chat.example" onUnread={…} />`. */
import { mount, type MountedWidget, type Options, type WidgetEvents } from '@aside/widget'
import { createElement, type ReactElement, type Ref, useEffect, useImperativeHandle, useRef, useState } from 'react'

export type * from '@aside/widget/sdk'

type Handlers = { [E in keyof WidgetEvents as `on${Capitalize<E>}`]?: (detail: WidgetEvents[E]) => void }

export interface AsideChatProps extends Options, Handlers {
  /** The widget, once it is mounted. */
  ref?: Ref<MountedWidget | undefined>
}

const events = {
  ready: 'onReady',
  open: 'onOpen',
  close: 'onClose',
  message: 'onMessage',
  unread: 'onUnread',
  conversation: 'onConversation',
  identity: 'onIdentity',
  connection: 'onConnection',
  error: 'onError',
} as const satisfies { [E in keyof WidgetEvents]: `on${Capitalize<E>}` }

/**
 * Mounts where it stands, and ends with it. Another `appId`, `baseUrl`, `mode` or `consent` is another widget; all other props take
 * effect at once. Handlers may be new with every render. On a server it draws an empty element.
 */
export function AsideChat({ ref, ...props }: AsideChatProps): ReactElement {
  const place = useRef<HTMLDivElement>(null)
  const latest = useRef(props)
  const [widget, setWidget] = useState<MountedWidget>()
  const { appId, baseUrl, mode, consent } = props

  useEffect(() => {
    latest.current = props
  })
  useEffect(() => {
    if (!place.current) return undefined
    const next = mount(place.current, optionsOf(latest.current))
    for (const event of Object.keys(events) as (keyof WidgetEvents)[])
      next.on(event, (detail) => (latest.current[events[event]] as ((detail: unknown) => void) | undefined)?.(detail))
    setWidget(next)
    return () => {
      next.destroy()
      setWidget(undefined)
    }
  }, [appId, baseUrl, mode, consent])

  const { locale, theme, position, primary, zIndex, identity, getToken } = props
  useEffect(() => {
    widget?.update({ locale, theme, position, primary, zIndex, identity, getToken })
  }, [widget, locale, theme, position, primary, zIndex, identity, getToken])
  useImperativeHandle(ref, () => widget, [widget])

  return createElement('div', { ref: place, style: mode === 'inline' ? { height: '100%' } : undefined })
}

function optionsOf(props: Options & Handlers): Options {
  const options: Partial<Record<string, unknown>> = { ...props }
  for (const name of Object.values(events)) delete options[name]
  return options as unknown as Options
}
