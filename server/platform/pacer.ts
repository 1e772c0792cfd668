/**
 * Many small pieces of work, each at its time, and never more than `most` of them in one turn of the event loop: after a
 * pause all would be due at once, and a question that comes in just then would wait for every one of them.
 */
export interface Pacer<K> {
  /** Work for `key` at `dueAt`, on the clock of `performance.now()`. One that waits already is left alone. */
  at(key: K, dueAt: number): void
  /** Does the work for `key` now, if it waits. */
  now(key: K): void
  forget(key: K): void
}

export function createPacer<K>(work: (key: K) => void, most: number): Pacer<K> {
  /** In the order they came, which is nearly that of their times: one that is due a moment earlier waits for the one before. */
  const later = new Map<K, number>()
  const ready = new Set<K>()
  let timer: NodeJS.Timeout | undefined
  let isSoon = false

  function soon(): void {
    if (isSoon) return
    isSoon = true
    setImmediate(() => {
      isSoon = false
      round()
    })
  }

  function wake(): void {
    timer = undefined
    const now = performance.now()
    for (const [key, due] of later) {
      if (due > now + 1) {
        timer = setTimeout(wake, due - now)
        break
      }
      later.delete(key)
      ready.add(key)
    }
    round()
  }

  function round(): void {
    let left = most
    for (const key of ready) {
      if (left-- === 0) return soon()
      ready.delete(key)
      work(key)
    }
  }

  return {
    at(key, dueAt) {
      if (ready.has(key) || later.has(key)) return
      const inMs = dueAt - performance.now()
      if (inMs <= 0) {
        // After this turn of the event loop: what comes in it is done in one go.
        ready.add(key)
        soon()
        return
      }
      later.set(key, dueAt)
      timer ??= setTimeout(wake, inMs)
    },
    now(key) {
      if (later.delete(key) || ready.delete(key)) work(key)
    },
    forget(key) {
      later.delete(key)
      ready.delete(key)
    },
  }
}
