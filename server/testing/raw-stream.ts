/** An event stream as its bytes: what was sent, not what a client makes of it. */
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { createSseReader, type Frame } from '@aside/protocol'

export interface RawStream {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  /** All that came so far. */
  text(): string
  frames(): Frame[]
  /** Resolves with true where the server ended the response, with false where the connection broke. */
  readonly ended: Promise<boolean>
  close(): void
}

/** Resolves once the headers are there, whatever the status. */
export function openRaw(url: string, headers: Record<string, string | string[]>): Promise<RawStream> {
  return new Promise((resolve, reject) => {
    const out: ClientRequest = request(url, { headers, agent: false }, (response) => {
      let text = ''
      const decoder = new TextDecoder()
      const ended = Promise.withResolvers<boolean>()
      response.on('data', (chunk: Buffer) => (text += decoder.decode(chunk, { stream: true })))
      response.on('end', () => ended.resolve(true))
      response.on('close', () => ended.resolve(false))
      response.on('error', () => {})
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        text: () => text,
        frames() {
          const frames: Frame[] = []
          createSseReader({ frame: (frame) => void frames.push(frame) }).push(text)
          return frames
        },
        ended: ended.promise,
        close: () => out.destroy(),
      })
    })
    out.on('error', reject)
    out.end()
  })
}
