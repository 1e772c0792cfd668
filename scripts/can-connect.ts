import { connect } from 'node:net'

/** Does anybody listen where this address points? Nothing is sent. */
export function canConnect(address: string, defaultPort: number): Promise<boolean> {
  if (!URL.canParse(address)) return Promise.resolve(false)
  const { hostname, port } = new URL(address)
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) || defaultPort, timeout: 2_000 })
    const settle = (can: boolean) => {
      socket.destroy()
      resolve(can)
    }
    socket.once('connect', () => settle(true))
    socket.once('error', () => settle(false))
    socket.once('timeout', () => settle(false))
  })
}
