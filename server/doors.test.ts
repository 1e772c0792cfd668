import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import { type Doors, openDoors } from './doors.ts'

const HOST = '127.0.0.1'
const open: Doors[] = []
const sockets: Socket[] = []
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await Promise.all(open.splice(0).map((doors) => doors.close()))
})

async function start(server: Server, port = 0): Promise<Doors> {
  const doors = await openDoors(server, HOST, port)
  open.push(doors)
  return doors
}

const knock = (port: number): Socket => {
  const socket = connect(port, HOST)
  sockets.push(socket)
  return socket
}

it('lets a crowd in in far fewer turns of the event loop than it has heads', async () => {
  const server = createServer()
  const { port } = await start(server)
  let inside = 0
  server.on('connection', () => inside++)
  // The system shakes hands with all of them before this turn of the loop has ended.
  for (let i = 0; i < 128; i++) knock(port)
  let turns = 0
  while (inside < 128) {
    await nextTurn()
    turns++
  }
  expect(turns).toBeLessThan(80)
})

it('answers whoever came in by whichever door', async () => {
  const { port } = await start(createServer((_, res) => void res.end('in')))
  const replies = await Promise.all(
    Array.from({ length: 64 }, async () => {
      const reply = await fetch(`http://${HOST}:${port}/`, { headers: { connection: 'close' } })
      return reply.text()
    }),
  )
  expect(new Set(replies)).toEqual(new Set(['in']))
})

it('does not share its address with a second server', async () => {
  const { port } = await start(createServer())
  await expect(openDoors(createServer(), HOST, port)).rejects.toMatchObject({ code: 'EADDRINUSE' })
})

it('lets nobody in once it closes, and ends what it began', async () => {
  let finish = () => {}
  const server = createServer((_, res) => {
    res.setHeader('connection', 'close')
    finish = () => res.end('the end')
  })
  const doors = await openDoors(server, HOST, 0)
  const asked = fetch(`http://${HOST}:${doors.port}/`)
  await once(server, 'request')
  const closed = doors.close()
  const late = await Promise.all(
    Array.from({ length: 32 }, () =>
      once(knock(doors.port), 'connect').then(
        () => 'in',
        (error: Error & { code?: string }) => error.code,
      ),
    ),
  )
  expect(new Set(late)).toEqual(new Set(['ECONNREFUSED']))
  finish()
  expect(await (await asked).text()).toBe('the end')
  await closed
})
