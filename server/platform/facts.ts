/** Facts go right: a domain tells what happened, `app.ts` wires who listens. They wake; rows remember. */
import type { Log } from './log.ts'

export interface Facts<Map extends object> {
  /** Resolves when every listener has settled; a listener's failure is logged and harms nobody else. */
  tell<K extends keyof Map & string>(name: K, fact: Map[K]): Promise<void>
  on<K extends keyof Map & string>(name: K, listener: (fact: Map[K]) => void | Promise<void>): void
}

export function createFacts<Map extends object>(log: Log): Facts<Map> {
  const listeners = new Map<string, ((fact: never) => void | Promise<void>)[]>()
  return {
    async tell(name, fact) {
      for (const listener of listeners.get(name) ?? [])
        try {
          await listener(fact as never)
        } catch (error) {
          log.error('fact-listener-failed', { fact: name, stack: error instanceof Error ? error.stack : String(error) })
        }
    },
    on(name, listener) {
      listeners.set(name, [...(listeners.get(name) ?? []), listener as never])
    },
  }
}
