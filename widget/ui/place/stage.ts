/** What a panel is moved about on: the page that it is a part of, or, from within a frame, the page around that. */
import type { PageRoom } from '@aside/protocol/frame'
import { type Box, type Room, type Side, styleOf } from './geometry.ts'

/** CSS pixels of the page. */
export interface Stage {
  /** Nothing while the panel covers the page, or the page has not answered yet. */
  room(): Room | undefined
  /** Of the launcher. */
  side(): Side
  /** Where the panel stands. */
  box(): Box
  /** Nothing: where it stands without having been moved. */
  put(box: Box | undefined): void
  /** Where a pointer is. Only differences mean something. */
  at(event: PointerEvent): readonly [x: number, y: number]
  /** Leaves the panel as it was found. */
  close(): void
}

/** `follow`: called when there is more room, or less. */
export function createPageStage(dialog: HTMLElement, side: () => Side, follow: () => void): Stage {
  addEventListener('resize', follow)
  const put = (box: Box | undefined) => void Object.assign(dialog.style, styleOf(box))
  return {
    room: () => ({ width: document.documentElement.clientWidth, height: innerHeight }),
    side,
    // Not as it is seen while it comes in, a little smaller.
    box: () => ({
      left: dialog.offsetLeft,
      top: dialog.offsetTop,
      width: dialog.offsetWidth,
      height: dialog.offsetHeight,
    }),
    put,
    at: ({ clientX, clientY }) => [clientX, clientY],
    close() {
      removeEventListener('resize', follow)
      put(undefined)
    },
  }
}

const isNumber = (it: unknown): boolean => typeof it === 'number' && Number.isFinite(it)
const isSize = (it: unknown): boolean => isNumber(it) && Number(it) >= 0 && Number(it) <= 100_000
const isObject = (it: unknown): it is Record<string, unknown> => typeof it === 'object' && it !== null
const isBox = (it: unknown): boolean =>
  isObject(it) && isNumber(it['left']) && isNumber(it['top']) && isSize(it['width']) && isSize(it['height'])

/** As `protocol/frame.ts` says: a test holds the two against each other. */
export const isRoom = (it: unknown): it is PageRoom =>
  isObject(it) &&
  isSize(it['width']) &&
  isSize(it['height']) &&
  (it['side'] === 'left' || it['side'] === 'right') &&
  (it['box'] === undefined || isBox(it['box']))

/** So far a pointer has to have gone for a ratio to be true, and so near to 1 the ratio is a matter of rounding. */
const FAR_PX = 40
const NEARLY = 0.05

/**
 * How many pixels of a page are one of the screen, on a page that may be zoomed: seen from pointers that pass over the frame while
 * it stands still. What windows say of their sizes does not tell: there may be a bar at their side.
 */
export function watchScale() {
  const control = new AbortController()
  const { signal } = control
  let from: PointerEvent | undefined
  let scale = 1
  let isPressed = false
  const forget = () => void (from = undefined)
  const press = ({ type }: Event) => {
    isPressed = type === 'pointerdown'
    forget()
  }
  function pass(event: PointerEvent): void {
    if (isPressed) return
    from ??= event
    const onScreen = Math.hypot(event.screenX - from.screenX, event.screenY - from.screenY)
    if (onScreen < FAR_PX) return
    const ratio = Math.hypot(event.clientX - from.clientX, event.clientY - from.clientY) / onScreen
    scale = Math.abs(ratio - 1) < NEARLY ? 1 : ratio
  }
  document.addEventListener('pointermove', pass, { signal })
  for (const type of ['pointerdown', 'pointerup', 'pointercancel'])
    document.addEventListener(type, press, { signal, capture: true })
  document.documentElement.addEventListener('pointerleave', forget, { signal })
  return { get: () => scale, forget, close: () => control.abort() }
}

/** `port`: the page is at its other end. `follow`: as above. */
export function createFrameStage(port: MessagePort, follow: () => void): Stage {
  const scale = watchScale()
  let room: PageRoom | undefined
  let put: Box | undefined
  port.onmessage = ({ data }) => {
    if (!isRoom(data)) return
    room = data
    follow()
  }
  return {
    room: () => (room?.box ? room : undefined),
    side: () => room?.side ?? 'right',
    box: () => put ?? room?.box ?? { left: 0, top: 0, width: 0, height: 0 },
    put(box) {
      // What is not there need not be taken away: the page answers that by saying where the frame stands now.
      if (box ?? put) port.postMessage(box ?? null)
      put = box
      scale.forget()
    },
    // Within the frame a pointer hardly moves: the frame goes with it.
    at: ({ screenX, screenY }) => [screenX * scale.get(), screenY * scale.get()],
    close() {
      scale.close()
      port.close()
    },
  }
}
