/** What the federated remote exposes, for the compiler: the remote itself is only there at run time. */
declare module 'aside/ChatWidget' {
  import type { DefineComponent } from 'vue'
  const ChatWidget: DefineComponent<{
    appId: string
    baseUrl: string
    locale?: string
    theme?: 'light' | 'dark' | 'auto'
    position?: 'left' | 'right'
    primary?: string
    mode?: 'floating' | 'inline'
    zIndex?: number
    onReady?: () => void
    onUnread?: (count: number) => void
  }>
  export default ChatWidget
}
