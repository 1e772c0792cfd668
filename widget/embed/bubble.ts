/** The bubble and its badge, as styles of a shadow root. Drawn by clipping: no image, no markup. */
export interface Look {
  /** The side of the page. */
  position: string
  zIndex: string | number
  color: string
  /** Of the panel's corners, in CSS pixels. */
  radius?: number
}

export const css = ({ position, zIndex, color }: Look): string =>
  `:host{all:initial!important;position:fixed!important;z-index:${zIndex}!important}:host([hidden]){display:none!important}` +
  `button{position:fixed;${position}:20px;bottom:20px;border:0;padding:16px;box-shadow:0 4px 24px #0004;border-radius:50%;background:${color};cursor:pointer;forced-color-adjust:none}` +
  'i{display:block;padding:12px;background:#fff;clip-path:path("M12 3a9 9 0 1 1-4 17l-5 1 1-5a9 9 0 0 1 8-13Z")}' +
  'b{position:absolute;top:-4px;right:-4px;padding:0 6px;border-radius:12px;background:#c22;color:#fff;font:700 12px/20px system-ui}' +
  'iframe{visibility:hidden}'
