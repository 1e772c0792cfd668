/**
 * What the frame cannot do from within: say in the title of the page how many messages wait, and stand elsewhere. Fetched when
 * there is something of it to do.
 */
import type { FrameBox, PageRoom } from '@aside/protocol/frame'
import { claimTitle } from '../ui/attention/title.ts'
import { styleOf } from '../ui/place/geometry.ts'
import type { Shim } from './shim.ts'

export interface PagePart {
  /** How many messages wait. */
  count(unread: number): void
  /** The frame wants to be moved about, and says over `port` where to. */
  move(port: MessagePort): void
}

export function createPagePart(shim: Shim): PagePart {
  const { signal } = shim
  const title = claimTitle()
  signal.addEventListener('abort', title.release)

  return {
    count(unread) {
      if (!signal.aborted) title.show(unread)
    },
    move(port) {
      const { frame } = shim
      if (!frame || signal.aborted) return
      /** As `placeCss` has it. */
      const covers = matchMedia('(max-width:480px)')
      // Not of the document itself: an element of the page may be called that.
      const page = Reflect.get(Document.prototype, 'documentElement', document) as HTMLElement
      let box: FrameBox = null

      function tell(): void {
        const { left, top, width, height } = frame!.getBoundingClientRect()
        const room: PageRoom = {
          width: page.clientWidth,
          height: innerHeight,
          side: shim.look.position === 'left' ? 'left' : 'right',
          ...(covers.matches ? {} : { box: { left, top, width, height } }),
        }
        port.postMessage(room)
      }
      const draw = () => void Object.assign(frame.style, styleOf(covers.matches ? undefined : (box ?? undefined)))
      function follow(): void {
        draw()
        tell()
      }

      // The frame is the server's own, and only says where it stands.
      port.onmessage = ({ data }: MessageEvent<FrameBox>) => {
        box = data
        draw()
        if (!box) tell()
      }
      addEventListener('resize', follow, shim)
      tell()
    },
  }
}
