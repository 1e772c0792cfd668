/** Reads a request's body, bounded, before anything looks at it. */
import type { IncomingMessage } from 'node:http'
import { Fault } from '@aside/protocol'

export const MAX_JSON_BYTES = 64 * 1024

/** The bytes, or a fault: `body_too_large`, `unsupported_media_type` for compressed ones, `bad_request` where it broke off. */
export async function readBytes(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const encoding = request.headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity')
    throw new Fault('unsupported_media_type', 'Send the body uncompressed')
  const tooLarge = () => new Fault('body_too_large', `The body may have at most ${maxBytes} bytes`)
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge()
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > maxBytes) throw tooLarge()
      chunks.push(chunk)
    }
  } catch (cause) {
    throw cause instanceof Fault ? cause : new Fault('bad_request', 'The body broke off', { cause })
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** `type` without its parameters, in lower case. */
export const mediaType = (request: IncomingMessage): string =>
  (request.headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase()

export async function readJson(request: IncomingMessage): Promise<unknown> {
  const bytes = await readBytes(request, MAX_JSON_BYTES)
  if (bytes.length === 0)
    throw new Fault('body_missing', 'A JSON body is needed', { issues: [{ path: 'body', message: 'missing' }] })
  if (mediaType(request) !== 'application/json')
    throw new Fault('unsupported_media_type', 'Send JSON, with Content-Type: application/json')
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch (cause) {
    throw new Fault('invalid_encoding', 'The body is not valid UTF-8', {
      cause,
      issues: [{ path: 'body', message: 'not valid UTF-8' }],
    })
  }
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Fault('bad_request', 'The body is not valid JSON', {
      cause,
      issues: [{ path: 'body', message: 'not valid JSON' }],
    })
  }
}
