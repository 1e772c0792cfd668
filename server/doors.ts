/**
 * Node takes one new connection in each turn of its event loop, whatever is waiting (libuv since 1.45). A turn in which answers are begun
 * takes some milliseconds, so hundreds who come at one instant, or come back after a restart, would wait for seconds before anybody
 * has seen them, even to be refused. Several sockets that listen at one address (`SO_REUSEPORT`) each have their turn.
 */
import { createServer as createDoor, type AddressInfo, type Server as Door } from 'node:net'
import type { Server } from 'node:http'

/** Beside the server's own. With 8 in all, 400 who ask at one instant are refused or taken after 0.8 s instead of 2; with 32 after 0.7, as with 16. */
const MORE_DOORS = 15

/** As the HTTP server opens its own: small replies are not held back. */
const asHttp = { allowHalfOpen: true, noDelay: true }

const listening = (door: Door, options: { port: number; host: string; reusePort?: boolean }) =>
  new Promise<void>((resolve, reject) => door.once('error', reject).listen({ backlog: 1_024, ...options }, resolve))

const closed = (door: Door) => new Promise<void>((resolve) => door.close(() => resolve()))

export interface Doors {
  port: number
  /** Nobody new is let in; resolves when `server` has ended all it had. */
  close(): Promise<void>
}

/** Listens; rejects where it cannot. Where the system cannot share an address, one socket listens. */
export async function openDoors(server: Server, host: string, wanted: number): Promise<Doors> {
  // With `SO_REUSEPORT` a second server at this address would not be refused; without it, it is.
  const first = createDoor()
  await listening(first, { host, port: wanted })
  const { port } = first.address() as AddressInfo
  await closed(first)
  const doors: Door[] = []
  try {
    await listening(server, { host, port, reusePort: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOTSUP') throw error
    await listening(server, { host, port })
  }
  try {
    while (doors.length < MORE_DOORS) {
      const door = createDoor(asHttp, (socket) => server.emit('connection', socket))
      await listening(door, { host, port, reusePort: true })
      doors.push(door)
    }
  } catch {
    // This system does not share an address: one door has to do.
  }
  return {
    port,
    async close() {
      await Promise.all([server, ...doors].map(closed))
    },
  }
}
