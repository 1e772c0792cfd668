/** A request as it is put together here, header by header: what a browser or a well-meaning client would never send. */
import { request } from 'node:http'
import * as v from 'valibot'
import { ErrorBody } from '@aside/protocol'

export interface RawRequest {
  method?: string
  headers?: Record<string, string | string[]>
  body?: string | Buffer
}

export interface RawReply {
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
  /** The body as JSON; throws where it is none. */
  json(): unknown
  /** The refusal in the one shape all have; throws where it is not of that shape. */
  error(): ErrorBody['error']
}

/** An event stream is given up at its headers, for it does not end. */
export function send(url: string, { method = 'GET', headers = {}, body }: RawRequest = {}): Promise<RawReply> {
  return new Promise((resolve, reject) => {
    const given = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    const out = request(url, { method, headers: { ...given, ...headers }, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      const settle = () => {
        const text = Buffer.concat(chunks).toString('utf8')
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          json: () => JSON.parse(text),
          error: () => v.parse(ErrorBody, JSON.parse(text)).error,
        })
      }
      if (!response.headers['content-type']?.startsWith('text/event-stream')) return response.on('end', settle)
      settle()
      return out.destroy()
    })
    // Refused before all of the body was read: the reply counts, not the write that failed.
    out.on('error', (error) => setImmediate(reject, error))
    out.end(body)
  })
}

export const sendJson = (url: string, body: unknown, headers: Record<string, string> = {}): Promise<RawReply> =>
  send(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
