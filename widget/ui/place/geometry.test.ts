import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { boxOf, type Edges, fitted, LEAST, moved, placeOf, resized, type Side } from './geometry.ts'

const room = { width: 1_280, height: 800 }
const box = { left: 900, top: 232, width: 360, height: 480 }
const far = fc.integer({ min: -5_000, max: 5_000 })
const anyBox = fc.record({ left: far, top: far, width: far, height: far })
const anyRoom = fc.record({ width: fc.integer({ min: 200, max: 4_000 }), height: fc.integer({ min: 200, max: 3_000 }) })
const anyEdges = fc.constantFrom<Edges>('n', 's', 'e', 'w', 'ne', 'nw', 'se', 'sw')
const anySide = fc.constantFrom<Side>('left', 'right')

describe('a panel that is moved about', () => {
  it('is always whole in the window and large enough to be used, whatever is done to it', () => {
    fc.assert(
      fc.property(anyBox, anyRoom, anyEdges, far, far, (wish, room, edges, dx, dy) => {
        for (const it of [
          fitted(wish, room),
          moved(wish, dx, dy, room),
          resized(fitted(wish, room), edges, dx, dy, room),
        ]) {
          expect(it.left).toBeGreaterThanOrEqual(0)
          expect(it.top).toBeGreaterThanOrEqual(0)
          expect(it.left + it.width).toBeLessThanOrEqual(room.width)
          expect(it.top + it.height).toBeLessThanOrEqual(room.height)
          expect(it.width).toBeGreaterThanOrEqual(Math.min(LEAST.width, room.width))
          expect(it.height).toBeGreaterThanOrEqual(Math.min(LEAST.height, room.height))
        }
      }),
    )
  })

  it('keeps the edges that are not moved where they are', () => {
    fc.assert(
      fc.property(anyBox, anyEdges, far, far, (wish, edges, dx, dy) => {
        const before = fitted(wish, room)
        const after = resized(before, edges, dx, dy, room)
        if (!edges.includes('w')) expect(after.left).toBe(before.left)
        if (!edges.includes('n')) expect(after.top).toBe(before.top)
        if (!edges.includes('e')) expect(after.left + after.width).toBe(before.left + before.width)
        if (!edges.includes('s')) expect(after.top + after.height).toBe(before.top + before.height)
      }),
    )
  })

  it('comes back to the same place from what is remembered', () => {
    fc.assert(
      fc.property(anyBox, anyRoom, anySide, (wish, room, side) => {
        const box = fitted(wish, room)
        expect(boxOf(placeOf(box, room, side), room, side)).toEqual(box)
      }),
    )
  })

  it('keeps its distance to the corner of the launcher in another window', () => {
    const larger = { width: 1_920, height: 1_080 }
    expect(boxOf(placeOf(box, room, 'right'), larger, 'right')).toEqual({ ...box, left: 1_540, top: 512 })
    expect(boxOf(placeOf(box, room, 'left'), larger, 'left')).toEqual({ ...box, top: 512 })
  })

  it('stops where the window ends', () => {
    expect(moved(box, 500, 500, room)).toEqual({ ...box, left: 920, top: 320 })
    expect(resized(box, 'nw', 200, 200, room)).toEqual({ left: 940, top: 312, width: 320, height: 400 })
  })
})
