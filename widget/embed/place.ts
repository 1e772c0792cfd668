/** Where the iframe stands, once there is one, as styles of the same shadow root. */
import type { Look } from './bubble.ts'

/** `mode`, `launcher`: of the tag. Without a bubble there is nothing to stand above of. */
export const placeCss = (
  { radius = 18, position }: Look,
  { height, offsetTop }: Pick<VisualViewport, 'height' | 'offsetTop'>,
  { mode, launcher }: { mode?: string | undefined; launcher?: string | undefined },
): string => {
  const shown =
    '.on i{clip-path:path("M4 9l2-2 6 6 6-6 2 2-8 8Z")}.wait i{opacity:.5}iframe{border:0}.on~iframe{visibility:visible}'
  const whole = 'width:100%;height:100%'
  if (mode === 'page') return `${shown}iframe{position:fixed;inset:0;${whole}}`
  if (mode)
    return `${shown}:host{position:static!important;display:block!important;width:100%!important;height:100%!important}iframe{display:block;${whole}}`
  return (
    `${shown}iframe{position:fixed;${position}:20px;bottom:${launcher ? 20 : 88}px;width:360px;height:480px;max-height:80dvh;border-radius:${radius}px;box-shadow:0 4px 24px #0004}` +
    // `height` and `offsetTop` are what the keyboard leaves of a phone's screen.
    `@media(max-width:480px){iframe{inset:${offsetTop}px 0 auto;width:100%;height:${height}px;max-height:none;border-radius:0}}`
  )
}
