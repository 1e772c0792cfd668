/** One request, as it is put together here and as it is answered: nothing is followed, nothing is unpacked unasked. */
import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib'
import { EXIT, Problem } from '../problems.ts'

export interface Question {
  method?: string
  headers?: Record<string, string>
  body?: string
  timeoutMs: number
  /** What is more than this is cut off, and said to be: default 5 MB. */
  maxBytes?: number
}

export interface Answer {
  url: URL
  status: number
  /** Given several times, a header's values are joined by `, `. */
  header(name: string): string | undefined
  bytes: Buffer
  text(): string
  /** The body as JSON, undefined where it is none. */
  json(): unknown
  /** There was more than may be read. */
  isCut: boolean
}

const MAX_BYTES = 5 * 1024 * 1024
const MAX_REDIRECTS = 5

export const isHttp = (url: URL): boolean => url.protocol === 'http:' || url.protocol === 'https:'

/** The request is on its way when this returns. */
export function begin(
  url: URL,
  { method = 'GET', headers = {}, body, signal }: Omit<Question, 'timeoutMs'> & { signal: AbortSignal },
): ClientRequest {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  const out = request(url, {
    method,
    headers: { 'user-agent': 'aside-doctor', 'accept-encoding': 'identity', ...length, ...headers },
    agent: false,
    signal,
  })
  out.end(body)
  return out
}

export const headerOf = (response: IncomingMessage, name: string): string | undefined => {
  const value = response.headers[name]
  return Array.isArray(value) ? value.join(', ') : value
}

const unpackers: Record<string, typeof gunzipSync> = {
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
}

/** Rejects with the system's error where there is no answer in time. */
export function ask(url: URL, question: Question): Promise<Answer> {
  const { timeoutMs, maxBytes = MAX_BYTES } = question
  return new Promise((resolve, reject) => {
    const out = begin(url, { ...question, signal: AbortSignal.timeout(timeoutMs) })
    out.on('error', reject)
    out.on('response', (response) => {
      const chunks: Buffer[] = []
      let length = 0
      const settle = (isCut: boolean) => {
        const encoding = headerOf(response, 'content-encoding')?.trim().toLowerCase() ?? 'identity'
        let bytes = Buffer.concat(chunks).subarray(0, maxBytes)
        try {
          bytes = unpackers[encoding]?.(bytes, { maxOutputLength: maxBytes }) ?? bytes
        } catch (error) {
          return reject(error)
        }
        const text = () => bytes.toString('utf8')
        resolve({
          url,
          status: response.statusCode ?? 0,
          header: (name) => headerOf(response, name),
          bytes,
          text,
          isCut,
          json() {
            try {
              return JSON.parse(text())
            } catch {
              return undefined
            }
          },
        })
      }
      response.on('error', reject)
      response.on('end', () => settle(false))
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        length += chunk.length
        if (length <= maxBytes) return
        settle(true)
        out.destroy()
      })
    })
  })
}

/** Why there was no answer, in a few words. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError' || (error.cause instanceof Error && error.cause.name === 'TimeoutError'))
    return 'no answer in time'
  return 'code' in error && typeof error.code === 'string' ? `${error.code} ${error.message}` : error.message
}

export interface Visit extends Answer {
  /** Where it led to before: the addresses gone through. */
  hops: URL[]
}

const unreachable = (message: string, hint: string) =>
  new Problem('page_unreachable', message, { hint, exit: EXIT.unreachable })

/** The page, through at most five redirects, none of which leaves the web. Throws a `Problem` where it cannot be reached. */
export async function visit(from: URL, timeoutMs: number): Promise<Visit> {
  const hops: URL[] = []
  let url = from
  for (;;) {
    let answer: Answer
    try {
      answer = await ask(url, { timeoutMs, headers: { accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.5' } })
    } catch (error) {
      throw unreachable(`${url.href} cannot be reached: ${reasonOf(error)}`, 'open it in a browser on this machine')
    }
    const location = answer.header('location')
    if (answer.status < 300 || answer.status > 399 || location === undefined) return { ...answer, hops }
    if (hops.push(url) > MAX_REDIRECTS)
      throw unreachable(`${from.href} leads in circles: more than ${MAX_REDIRECTS} redirects`, 'give the last address')
    if (!URL.canParse(location, url.href) || !isHttp(new URL(location, url)))
      throw unreachable(`${url.href} leads to ${location.slice(0, 200)}`, 'only pages of the web can be looked at')
    url = new URL(location, url)
  }
}
