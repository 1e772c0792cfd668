/** `<aside-chat app-id="app_…" base-url="https://chat.example">`, defined by importing this; and `mount` for who wants no element. */
import { AsideChat } from './aside-chat.ts'

export { mount } from '../ui/mount.ts'
export type * from '../sdk.ts'
export { AsideChat }

// Another version of this file may have been faster.
if (!customElements.get('aside-chat')) customElements.define('aside-chat', AsideChat)
