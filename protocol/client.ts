/** The one client: widget, studio, CLI and tests all speak through it. */
import { bare } from './bare.ts'
import type { Endpoint, Input, Reply, Route } from './endpoint.ts'
import { Fault, isErrorCode, type Issue } from './errors.ts'

export interface ClientOptions {
  /** Where the server is, without a slash at the end. Empty: the page's own origin. */
  baseUrl: string
  /** A visitor token or a secret key, asked for at every call. */
  token?: () => string | undefined
  fetch?: typeof fetch
  headers?: Record<string, string>
}

export interface CallOptions {
  signal?: AbortSignal
  /** Default 20 000. */
  timeoutMs?: number
  headers?: Record<string, string>
}

export interface Client {
  readonly options: ClientOptions
  /** Resolves with the parsed reply (`undefined` for a 204). Rejects with a `Fault`: the server's own, `network`, or `aborted`. */
  call<const E extends Endpoint>(endpoint: E | Route<E>, input: Input<E>, options?: CallOptions): Promise<Reply<E>>
  /** The raw response of a success; a refusal is thrown as a `Fault`. For streams and files. */
  open(endpoint: Pick<Endpoint, 'method' | 'path'>, input: unknown, options?: CallOptions): Promise<Response>
}

interface AnyInput {
  params?: Record<string, unknown>
  query?: Record<string, unknown>
  body?: unknown
  content?: BodyInit
  contentType?: string
}

export function createClient(options: ClientOptions): Client {
  const own = <K extends keyof ClientOptions>(name: K): ClientOptions[K] | undefined =>
    Object.hasOwn(options, name) ? options[name] : undefined
  const fetcher: typeof fetch = own('fetch') ?? ((input, init) => fetch(input, init))

  async function open(
    endpoint: Pick<Endpoint, 'method' | 'path'>,
    input: unknown,
    given?: CallOptions,
  ): Promise<Response> {
    const { signal, headers }: CallOptions = bare({ ...given })
    const { params, query, body, content, contentType }: AnyInput = bare({ ...(input as AnyInput | undefined) })
    const token = own('token')?.()
    let response: Response
    try {
      const init: RequestInit = bare({
        method: endpoint.method,
        credentials: 'omit',
        cache: 'no-store',
        headers: {
          ...own('headers'),
          ...(token ? { authorization: `Bearer ${token}` } : {}),
          ...(content !== undefined ? { 'content-type': contentType ?? 'application/octet-stream' } : {}),
          ...(body !== undefined ? { 'content-type': 'application/json' } : {}),
          ...headers,
        },
        ...(content !== undefined ? { body: content } : body !== undefined ? { body: JSON.stringify(body) } : {}),
        ...(signal ? { signal } : {}),
      })
      response = await fetcher(options.baseUrl + address(endpoint.path, params, query), init)
    } catch (cause) {
      if (signal?.aborted && signal.reason?.name !== 'TimeoutError')
        throw new Fault('aborted', 'The call was given up', { cause })
      throw new Fault('network', 'The server could not be reached', { cause })
    }
    if (!response.ok) throw await refusal(response)
    return response
  }

  return {
    options,
    open,
    async call(endpoint, input, given) {
      const { signal, timeoutMs = 20_000, ...rest }: CallOptions = bare({ ...given })
      const timeout = AbortSignal.timeout(timeoutMs)
      const response = await open(endpoint, input, {
        ...rest,
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      })
      if (response.status === 204) return undefined as never
      try {
        return (await response.json()) as never
      } catch (cause) {
        throw new Fault('network', 'The reply broke off', { cause })
      }
    },
  }
}

/** Every page of a list, one after the other. */
export async function* pages<const E extends Endpoint & { method: 'GET' }>(
  client: Client,
  endpoint: E,
  input: Input<E>,
): AsyncGenerator<Reply<E>> {
  let cursor: string | undefined
  do {
    const { query } = input as { query?: object }
    const reply = await client.call(endpoint, { ...(input as object), query: { ...query, cursor } } as Input<E>)
    yield reply
    cursor = (reply as { nextCursor?: string } | undefined)?.nextCursor
  } while (cursor !== undefined)
}

/** The rows of every page of a list, which is called `name` in its reply. */
export async function listAll<const E extends Endpoint & { method: 'GET' }, K extends keyof Reply<E>>(
  client: Client,
  endpoint: E,
  name: K,
  input: Input<E>,
): Promise<Reply<E>[K]> {
  const all: unknown[] = []
  for await (const page of pages(client, endpoint, input)) {
    const rows: unknown = (page as { [N in K]?: unknown })[name]
    if (Array.isArray(rows)) all.push(...rows)
  }
  return all as Reply<E>[K]
}

function address(path: string, params: Record<string, unknown> = {}, query: Record<string, unknown> = {}): string {
  const filled = path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(params[name])))
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value))
  return search.size > 0 ? `${filled}?${search}` : filled
}

/** Reads a refusal. A proxy's own error page becomes `overloaded` (502–504) or `network`, never a success. */
export async function refusal(response: Response): Promise<Fault> {
  const header = Number(response.headers.get('retry-after') ?? Number.NaN)
  const headerMs = Number.isFinite(header) ? header * 1_000 : undefined
  const reply: unknown = await response.json().catch(() => undefined)
  const error = (reply as { error?: Record<string, unknown> } | undefined)?.error
  const code = error?.['code']
  if (typeof code === 'string' && isErrorCode(code)) {
    const retryAfterMs = typeof error?.['retryAfterMs'] === 'number' ? error['retryAfterMs'] : headerMs
    return new Fault(code, String(error?.['message'] ?? code), {
      ...(Array.isArray(error?.['issues']) ? { issues: error['issues'] as Issue[] } : {}),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(typeof error?.['requestId'] === 'string' ? { requestId: error['requestId'] } : {}),
    })
  }
  const busy = response.status === 429 || (response.status >= 502 && response.status <= 504)
  return new Fault(busy ? 'overloaded' : 'network', `The server answered ${response.status}`, {
    ...(headerMs === undefined ? {} : { retryAfterMs: headerMs }),
  })
}
