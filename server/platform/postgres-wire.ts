/** Connections to Postgres that do not wait for ever: a host that died says nothing, and TCP takes a quarter of an hour to notice. */
import { Socket } from 'node:net'

export interface PostgresWire {
  /** A socket for `pg` to connect. It breaks when nothing has come or gone for the time. */
  open(): Socket
  /** From now on, for those that are open too. */
  waitAtMost(ms: number): void
}

export function createPostgresWire(silenceMs: number): PostgresWire {
  const sockets = new Set<Socket>()
  return {
    open() {
      const socket = new Socket()
      const silent = Object.assign(new Error('Postgres has fallen silent'), { code: 'ETIMEDOUT' })
      socket.setTimeout(silenceMs, () => socket.destroy(silent))
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      return socket
    },
    waitAtMost(ms) {
      silenceMs = ms
      for (const socket of sockets) socket.setTimeout(ms)
    },
  }
}
