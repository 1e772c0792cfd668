import { PageRoom } from '@aside/protocol/frame'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createFrameStage, isRoom } from './stage.ts'

const number = fc.constantFrom<unknown>(0, 360, 1.5, 100_000, 100_001, -1, Number.NaN, Infinity, '360', undefined, null)
const optional = { requiredKeys: [] }
const box = fc.record({ left: number, top: number, width: number, height: number }, optional)
const side = fc.constantFrom<unknown>('left', 'right', 'right', 'top', undefined)
const fine = {
  width: 1_280,
  height: 800,
  side: 'right',
  box: { left: 900, top: 232, width: 360, height: 480 },
}

function allows(value: unknown): boolean {
  const result = PageRoom['~standard'].validate(value)
  return 'issues' in result ? result.issues === undefined : true
}

describe('what a page says of the room around a frame', () => {
  it('is let in as the contract allows it, and not otherwise', () => {
    const asked = fc.record({ width: number, height: number, side, box: fc.option(box) }, optional)
    const nearly = asked.map((it) => ({ ...fine, ...it }))
    const oneOff = fc.record({ width: number, side, box }, optional).map((it) => ({ ...fine, ...it }))
    const all = fc.oneof(nearly, oneOff, fc.constant(fine), fc.anything())
    fc.assert(
      fc.property(all, (it) => {
        expect(isRoom(it)).toBe(allows(it))
      }),
      { numRuns: 3_000 },
    )
  })
})

describe('a frame that is moved about', () => {
  async function framed() {
    const { port1, port2 } = new MessageChannel()
    const heard: unknown[] = []
    let follow = () => {}
    const stage = createFrameStage(port1, () => follow())
    port2.onmessage = ({ data }) => heard.push(data)
    const say = (it: unknown) => {
      const followed = new Promise<void>((resolve) => (follow = resolve))
      port2.postMessage(it)
      return followed
    }
    return { stage, heard, say }
  }

  it('has no room before the page has said so, and none where it covers the page', async () => {
    const { stage, say } = await framed()
    expect(stage.room()).toBeUndefined()
    await say(fine)
    expect(stage.room()).toMatchObject({ width: 1_280, height: 800 })
    expect([stage.side(), stage.box()]).toEqual(['right', fine.box])
    await say({ ...fine, box: undefined })
    expect(stage.room()).toBeUndefined()
    stage.close()
  })

  it('says where it goes, and says once that it goes back', async () => {
    const { stage, say, heard } = await framed()
    await say(fine)
    stage.put(undefined)
    const next = { ...fine.box, left: 500 }
    stage.put(next)
    expect(stage.box()).toEqual(next)
    stage.put(undefined)
    stage.put(undefined)
    stage.put(fine.box)
    await expect.poll(() => heard).toEqual([next, null, fine.box])
    stage.close()
  })

  it('measures a pointer on the screen, for within the frame it stands nearly still', async () => {
    const { stage } = await framed()
    const event = (screenX: number, clientX: number) =>
      new PointerEvent('pointermove', { screenX, screenY: 200, clientX, clientY: 7 })
    const pass = (...events: PointerEvent[]) => events.forEach((it) => document.dispatchEvent(it))
    expect(stage.at(event(300, 7))).toEqual([300, 200])
    // By far too little to tell, and then rounded.
    pass(event(100, 10), event(101, 12), event(180, 91))
    expect(stage.at(event(300, 7))).toEqual([300, 200])
    // On a page at 200 %, and then while the frame goes along.
    document.documentElement.dispatchEvent(new PointerEvent('pointerleave'))
    pass(event(100, 10), event(200, 60))
    stage.put(fine.box)
    pass(event(200, 60))
    stage.put({ ...fine.box, left: 800 })
    pass(event(300, 62))
    expect(stage.at(event(300, 7))).toEqual([150, 100])
    stage.close()
    pass(event(100, 10), event(200, 110))
    expect(stage.at(event(300, 7))).toEqual([150, 100])
  })
})
