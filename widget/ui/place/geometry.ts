/** Where a panel may stand in a window, and how large it may be. CSS pixels. Pure. */
import type { PanelPlace } from '../../core/index.ts'

export interface Box {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}
export interface Room {
  readonly width: number
  readonly height: number
}
export type Side = 'left' | 'right'
/** Which edges are moved: `n`, `se` … */
export type Edges = 'n' | 's' | 'e' | 'w' | 'ne' | 'nw' | 'se' | 'sw'

export const LEAST: Room = { width: 320, height: 400 }

const none = { left: '', top: '', width: '', height: '', right: '', bottom: '', maxWidth: '', maxHeight: '' }

/** For `element.style`. Nothing: as the style sheet has it. */
export function styleOf(box: Box | undefined): typeof none {
  if (!box) return none
  const px = (length: number) => `${length}px`
  const at = { left: px(box.left), top: px(box.top), width: px(box.width), height: px(box.height) }
  return { ...at, right: 'auto', bottom: 'auto', maxWidth: 'none', maxHeight: 'none' }
}

const between = (least: number, value: number, most: number) => Math.max(least, Math.min(value, Math.max(least, most)))
/** A window may be smaller than the smallest panel. */
const leastIn = ({ width, height }: Room): Room => ({
  width: Math.min(LEAST.width, width),
  height: Math.min(LEAST.height, height),
})

/** As near to what is wished as the window lets: whole, and not smaller than it can be used. */
export function fitted(box: Box, room: Room): Box {
  const least = leastIn(room)
  const width = between(least.width, box.width, room.width)
  const height = between(least.height, box.height, room.height)
  const left = between(0, box.left, room.width - width)
  const top = between(0, box.top, room.height - height)
  return { left, top, width, height }
}

export const moved = (box: Box, dx: number, dy: number, room: Room): Box =>
  fitted({ ...box, left: box.left + dx, top: box.top + dy }, room)

/** The edges that are not moved stay where they are. */
export function resized(box: Box, edges: Edges, dx: number, dy: number, room: Room): Box {
  const least = leastIn(room)
  const [right, bottom] = [box.left + box.width, box.top + box.height]
  const left = edges.includes('w') ? between(0, box.left + dx, right - least.width) : box.left
  const top = edges.includes('n') ? between(0, box.top + dy, bottom - least.height) : box.top
  const toRight = edges.includes('e') ? between(left + least.width, right + dx, room.width) : right
  const toBottom = edges.includes('s') ? between(top + least.height, bottom + dy, room.height) : bottom
  return fitted({ left, top, width: toRight - left, height: toBottom - top }, room)
}

/** Kept by its distances to the launcher's corner: in another window it stands beside the launcher as it did here. */
export const placeOf = ({ left, top, width, height }: Box, room: Room, side: Side): PanelPlace => ({
  side: side === 'left' ? left : room.width - left - width,
  bottom: room.height - top - height,
  width,
  height,
})

/** Is it one, whatever was stored? */
export const isPlace = (it: PanelPlace | undefined | null): it is PanelPlace =>
  [it?.side, it?.bottom, it?.width, it?.height].every(Number.isFinite)

export const boxOf = (place: PanelPlace, room: Room, side: Side): Box =>
  fitted(
    {
      left: side === 'left' ? place.side : room.width - place.side - place.width,
      top: room.height - place.bottom - place.height,
      width: place.width,
      height: place.height,
    },
    room,
  )
