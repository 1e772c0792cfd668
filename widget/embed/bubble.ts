/** The bubble, its badge and the place of the iframe, as styles of a shadow root. Drawn by clipping: no image, no markup. */
export interface Look {
  /** The side of the page. */
  position: string
  zIndex: string | number
  color: string
  radius: number
}

/** `height` and `offsetTop` are what the keyboard leaves of a phone's screen. */
export const css = ({ position, zIndex, color, radius }: Look, { height, offsetTop }: VisualViewport): string =>
  `:host{all:initial!important;position:fixed!important;z-index:${zIndex}!important}button,iframe{position:fixed;${position}:20px;bottom:20px;border:0;box-shadow:0 4px 24px #0004}` +
  `button{width:56px;height:56px;border-radius:56px;background:${color};cursor:pointer;forced-color-adjust:none}` +
  'i{display:block;margin:auto;width:24px;height:24px;background:#fff;clip-path:path("M12 3a9 9 0 1 1-4 17l-5 1 1-5a9 9 0 0 1 8-13Z")}' +
  '.on i{clip-path:path("M4 9l2-2 6 6 6-6 2 2-8 8Z")}.wait i{opacity:.5}' +
  'b{position:absolute;top:-4px;right:-4px;padding:0 6px;border-radius:12px;background:#c22;color:#fff;font:700 12px/20px system-ui}b:empty{display:none}' +
  `iframe{bottom:88px;width:360px;height:480px;max-height:80dvh;border-radius:${radius}px}:not(.on)~iframe{visibility:hidden}` +
  `@media(max-width:480px){iframe{inset:${offsetTop}px 0 auto;width:100%;height:${height}px;max-height:none;border-radius:0}}`
