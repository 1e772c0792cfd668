import { afterEach, expect, it } from 'vitest'
import { giveMemoryBack } from './spare-memory.ts'

let giving: { stop(): void } | undefined
afterEach(() => giving?.stop())

/** 40 MB that have outlived a few looks at the young objects. */
const rush = () => Array.from({ length: 500_000 }, (_, i) => ({ visitor: i, said: [`${i}`] }))
const heldBytes = () => process.memoryUsage().heapUsed

it('gives back what a rush left, but not while an answer runs', async () => {
  let isIdle = false
  giving = giveMemoryBack(() => isIdle, 20)
  let held: unknown[] | undefined = rush()
  expect(held).toHaveLength(500_000)
  const most = heldBytes()
  held = undefined
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(heldBytes()).toBeGreaterThan(most - 20e6)
  isIdle = true
  await expect.poll(heldBytes, { timeout: 5_000 }).toBeLessThan(most - 20e6)
})
