/** The bubble, the badge and the place of the iframe, in a shadow root. */
import type { Tag } from './tag.ts'

const css = ({ left, color, zIndex }: Tag): string => {
  const side = left ? 'left' : 'right'
  return `:host{all:initial!important;position:fixed!important;z-index:${zIndex}!important;--c:${color}}
button,iframe{position:fixed;${side}:20px;border:0}
button{bottom:calc(20px + env(safe-area-inset-bottom,0px));width:56px;height:56px;padding:15px;border-radius:50%;background:var(--c);color:#fff;cursor:pointer;box-shadow:0 2px 6px #0f121c29,0 8px 24px #0f121c33;transition:transform .16s}
button:hover{transform:scale(1.05)}
button:focus-visible{outline:2px solid var(--c);outline-offset:3px}
svg{display:block;fill:none;stroke:currentColor;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round}
b{position:absolute;top:-3px;right:-3px;min-width:22px;padding:0 6px;border:2px solid #fff;border-radius:12px;background:#c62828;font:650 12px/18px system-ui,sans-serif;box-sizing:border-box}
b:empty{display:none}
iframe{bottom:calc(88px + env(safe-area-inset-bottom,0px));width:360px;height:480px;max-height:calc(100dvh - 108px);border-radius:18px;box-shadow:0 1px 3px #0f121c1a,0 12px 40px #0f121c40;transition:opacity .16s,transform .16s,visibility .16s}
iframe:not(.on){visibility:hidden;pointer-events:none;opacity:0;transform:translateY(8px)}
.wait svg{animation:w 1s infinite alternate}@keyframes w{to{opacity:.35}}
@media(max-width:480px){iframe{inset:var(--t,0) 0 auto;width:100%;height:var(--h,100dvh);max-height:none;border-radius:0}}
@media(prefers-reduced-motion:reduce){*{transition:none!important;animation:none!important}}`
}

const lines = {
  chat: 'M12 4c4.7 0 8.5 3.1 8.5 7s-3.8 7-8.5 7a10 10 0 0 1-2.6-.3L5 20l.9-3.5C4.4 15.2 3.5 13.2 3.5 11c0-3.9 3.8-7 8.5-7Z',
  down: 'm6 9.5 6 6 6-6',
  again: 'M18.5 9A7 7 0 1 0 19 13.5M19 5v4.5h-4.5',
}

export interface Bubble {
  host: HTMLElement
  root: ShadowRoot
  button: HTMLButtonElement
  draw(icon: keyof typeof lines, label: string, waiting?: boolean): void
  badge(count: number): void
  color(value: string): void
}

export function createBubble(tag: Tag): Bubble {
  const host = document.createElement('div')
  const root = host.attachShadow({ mode: 'open' })
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(css(tag))
  root.adoptedStyleSheets = [sheet]

  const button = document.createElement('button')
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path')
  const count = document.createElement('b')
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.append(path)
  button.append(svg, count)
  root.append(button)
  document.body.append(host)

  return {
    host,
    root,
    button,
    draw(icon, label, waiting = false) {
      path.setAttribute('d', lines[icon])
      button.ariaLabel = label
      button.ariaExpanded = String(icon === 'down')
      button.className = waiting ? 'wait' : ''
    },
    badge: (unread) => void (count.textContent = unread ? (unread > 99 ? '99+' : `${unread}`) : ''),
    color: (value) => host.style.setProperty('--c', value),
  }
}
