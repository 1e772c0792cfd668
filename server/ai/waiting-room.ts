/** Turns that wait for a place: tenants take their turns, and none can fill the room. */

export interface Waiting {
  tenantId: string
  turnId: string
}

export interface WaitingRoom {
  readonly size: number
  has(turnId: string): boolean
  of(tenantId: string): number
  add(turn: Waiting): void
  /** Takes one out, wherever it stands. */
  remove(turnId: string): boolean
  /** The next one: the longest waiting of the tenant whose turn it is. */
  next(): Waiting | undefined
  /** All, in the order in which they will be taken: the first has place 1. */
  inOrder(): Waiting[]
}

export function createWaitingRoom(): WaitingRoom {
  /** In the order in which tenants are served; one served goes to the back. */
  const lines = new Map<string, string[]>()
  const known = new Map<string, string>()
  return {
    get size() {
      return known.size
    },
    has: (turnId) => known.has(turnId),
    of: (tenantId) => lines.get(tenantId)?.length ?? 0,
    add({ tenantId, turnId }) {
      if (known.has(turnId)) return
      known.set(turnId, tenantId)
      const line = lines.get(tenantId)
      if (line) line.push(turnId)
      else lines.set(tenantId, [turnId])
    },
    remove(turnId) {
      const tenantId = known.get(turnId)
      if (tenantId === undefined) return false
      known.delete(turnId)
      const line = lines.get(tenantId)!.filter((it) => it !== turnId)
      if (line.length > 0) lines.set(tenantId, line)
      else lines.delete(tenantId)
      return true
    },
    next() {
      for (const [tenantId, line] of lines) {
        const turnId = line.shift()!
        known.delete(turnId)
        lines.delete(tenantId)
        if (line.length > 0) lines.set(tenantId, line)
        return { tenantId, turnId }
      }
      return undefined
    },
    inOrder() {
      const result: Waiting[] = []
      const deepest = Math.max(0, ...[...lines.values()].map((line) => line.length))
      for (let depth = 0; depth < deepest; depth++) {
        for (const [tenantId, line] of lines) {
          const turnId = line[depth]
          if (turnId !== undefined) result.push({ tenantId, turnId })
        }
      }
      return result
    },
  }
}
