/** A visitor made of sockets: as little work as can be, so that what is measured is the server. */
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'
import { createApp, createClient, createTenant } from '@aside/protocol'
import type { ServerUnderMeasure } from './process.ts'

const ORIGIN = 'https://bench.example'
const agent = new Agent({ keepAlive: true, maxSockets: Infinity })

function send(
  method: string,
  url: string,
  token: string | undefined,
  body?: unknown,
): Promise<{ status: number; json: Record<string, never> }> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body)
    const headers = {
      origin: ORIGIN,
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(text ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) } : {}),
    }
    const req = request(url, { method, agent, headers }, (res) => {
      let reply = ''
      res.setEncoding('utf8').on('data', (chunk: string) => (reply += chunk))
      res.on('end', () => resolve({ status: res.statusCode ?? 0, json: reply ? JSON.parse(reply) : {} }))
    })
    req.on('error', reject).end(text)
  })
}

export async function createBenchApp(server: ServerUnderMeasure, model: string): Promise<string> {
  const client = createClient({ baseUrl: server.url, token: () => server.operatorToken })
  const tenant = await client.call(createTenant, { body: { name: 'Bench' } })
  const app = await client.call(createApp, {
    query: { tenantId: tenant.id },
    body: { name: 'Bench', allowedOrigins: [ORIGIN], config: { model, passages: 5 } },
  })
  return app.id
}

export interface Seen {
  /** From the question's first byte to the first delta, in ms. */
  firstTokenMs: number
  chars: number
  status: string
}

export interface BenchVisitor {
  /** Posts a question; resolves when its answer has ended. */
  ask(): Promise<Seen>
  /** Posts only; resolves with the status of the reply. */
  post(): Promise<number>
  /** Characters seen in deltas so far. */
  chars(): number
  close(): void
}

let count = 0
const clientId = () => `bench-${String(count++).padStart(20, '0')}`

/** A session with its stream open. Without `reading` there is none: for posts alone. */
export async function createVisitor(baseUrl: string, appId: string, reading = true): Promise<BenchVisitor> {
  const { json: started } = await send('POST', `${baseUrl}/v1/sessions`, undefined, { appId })
  const token = String(started['token'])
  const { json: conversation } = await send('POST', `${baseUrl}/v1/conversations`, token, { clientId: clientId() })
  const posts = `${baseUrl}/v1/conversations/${String(conversation['id'])}/messages`
  let chars = 0
  let asked = 0
  let first = 0
  let settle: ((seen: Seen) => void) | undefined
  let stream: ClientRequest | undefined

  function onEvent(name: string, payload: { text?: string; message?: { status: string; text: string } }): void {
    if (name === 'message-delta') {
      if (first === 0) first = performance.now()
      chars += payload.text!.length
    } else if (name === 'message-end') {
      const seen = { firstTokenMs: first - asked, chars: payload.message!.text.length, status: payload.message!.status }
      settle?.(seen)
      settle = undefined
    }
  }

  if (reading)
    await new Promise<void>((resolve, reject) => {
      stream = request(`${baseUrl}/v1/events`, {
        headers: { origin: ORIGIN, authorization: `Bearer ${token}` },
        agent: false,
      })
      stream.on('error', reject).on('response', (res: IncomingMessage) => {
        let rest = ''
        res.setEncoding('utf8').on('data', (chunk: string) => {
          rest += chunk
          for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
            const frame = rest.slice(0, end)
            rest = rest.slice(end + 2)
            const name = /event:(\S+)/.exec(frame)?.[1]
            if (name === 'session-ready') resolve()
            else if (name) onEvent(name, JSON.parse(frame.slice(frame.indexOf('data:') + 5)))
          }
        })
      })
      stream.end()
    })

  const post = async () =>
    (await send('POST', posts, token, { clientId: clientId(), text: 'How long does the shipping take?' })).status
  return {
    post,
    async ask() {
      const done = new Promise<Seen>((resolve) => (settle = resolve))
      first = 0
      asked = performance.now()
      const status = await post()
      if (status !== 201) {
        settle = undefined
        return { firstTokenMs: Number.NaN, chars: 0, status: String(status) }
      }
      return done
    },
    chars: () => chars,
    close: () => stream?.destroy(),
  }
}

/** The same question put to the model itself: what no server can be faster than. */
export function askModel(modelUrl: string, model: string): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const asked = performance.now()
    let first = 0
    let chars = 0
    const body = JSON.stringify({
      model,
      stream: true,
      messages: [{ role: 'user', content: 'How long does the shipping take?' }],
    })
    const req = request(
      `${modelUrl}/chat/completions`,
      {
        method: 'POST',
        agent,
        headers: {
          authorization: 'Bearer sk-bench',
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
        },
      },
      (res) => {
        res.setEncoding('utf8').on('data', (chunk: string) => {
          for (const [, text] of chunk.matchAll(/"content":"((?:[^"\\]|\\.)+)"/g)) {
            if (first === 0) first = performance.now()
            chars += text!.length
          }
        })
        res.on('end', () => resolve({ firstTokenMs: first - asked, chars, status: 'completed' }))
      },
    )
    req.on('error', reject).end(body)
  })
}

export const quantile = (values: number[], q: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN
}
