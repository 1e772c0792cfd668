import { assert, constantFrom, nat, property, tuple, array, boolean } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createWaitingRoom, type Waiting } from './waiting-room.ts'

const turn = (name: string): Waiting => ({ tenantId: name[0]!, turnId: name })

function roomOf(...names: string[]) {
  const room = createWaitingRoom()
  for (const name of names) room.add(turn(name))
  return room
}

const all = (room: ReturnType<typeof createWaitingRoom>) => {
  const result: string[] = []
  for (let it = room.next(); it; it = room.next()) result.push(it.turnId)
  return result
}

describe('the waiting room', () => {
  it('serves tenants in turn, and each tenant’s turns in order', () => {
    expect(all(roomOf('a1', 'a2', 'a3', 'b1', 'c1', 'b2'))).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3'])
  })

  it('sends a tenant just served to the back, also behind one that came later', () => {
    const room = roomOf('a1', 'a2')
    expect(room.next()?.turnId).toBe('a1')
    room.add(turn('b1'))
    expect(all(room)).toEqual(['a2', 'b1'])
  })

  it('takes one in once, and out wherever it stands', () => {
    const room = roomOf('a1', 'a2', 'a2', 'b1')
    expect([room.size, room.of('a'), room.has('a2')]).toEqual([3, 2, true])
    expect([room.remove('a1'), room.remove('a1'), room.remove('nobody')]).toEqual([true, false, false])
    expect(all(room)).toEqual(['a2', 'b1'])
    expect([room.size, room.of('a'), room.next()]).toEqual([0, 0, undefined])
  })

  it('tells places in the very order in which it serves, whatever came and went before', () => {
    const step = tuple(constantFrom('a', 'b', 'c'), nat(9), boolean())
    assert(
      property(array(step, { maxLength: 40 }), nat(5), (steps, served) => {
        const room = createWaitingRoom()
        for (const [tenantId, n, comes] of steps)
          if (comes) room.add({ tenantId, turnId: `${tenantId}${n}` })
          else room.remove(`${tenantId}${n}`)
        for (let i = 0; i < served; i++) room.next()
        const told = room.inOrder().map((it) => it.turnId)
        expect(told).toHaveLength(room.size)
        expect(all(room)).toEqual(told)
      }),
    )
  })
})
