/**
 * The demo site on an origin of its own: whole pages out of `pages/`, files out of `public/` and what Vite has built. Where the
 * Aside server is and which apps there are is put in while serving, so that nothing built knows an address.
 * By itself: `node host-demo/server.ts --port 5173 --server http://127.0.0.1:8787 --app app_… [--second-app app_…]`.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, extname, join } from 'node:path'
import { parseArgs } from 'node:util'

/** What the pages have to be told. */
export interface Embedding {
  /** The origin of the Aside server. */
  server: string
  app: string
  /** Of the page with two widgets. */
  secondApp: string
}

export interface Site {
  readonly url: string
  /** Until this was called, pages are `503`. */
  embed(embedding: Embedding): void
  close(): Promise<void>
}

export interface SiteOptions {
  /** Default 0: any free one. */
  port?: number
  /** What of `vite build` is served; default `host-demo/dist`. */
  distFolder?: string
}

const folder = import.meta.dirname
const types: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
}

/** URL path → file. A table, so that no path leads anywhere else. */
function listFiles(from: string): [path: string, file: string][] {
  if (!existsSync(from)) return []
  return readdirSync(from, { withFileTypes: true })
    .filter((entry) => entry.isFile() && extname(entry.name) in types)
    .map(({ name }) => [`/${name}`, join(from, name)])
}

const pageFolder = join(folder, 'pages')
const readPart = (name: string) => readFileSync(join(pageFolder, 'parts', `${name}.html`), 'utf8').trim()
const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (it) => `&#${it.charCodeAt(0)};`)

/** The policy of the checkout: only what bears the nonce may run, and only the chat's server may be asked. */
const strictPolicy = (server: string, nonce: string) =>
  [
    "default-src 'none'",
    `script-src 'nonce-${nonce}' 'strict-dynamic'`,
    "style-src 'self'",
    "img-src 'self'",
    `connect-src ${server}`,
    `frame-src ${server}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ')

function renderPage(name: string, embedding: Embedding): { html: string; policy: string | undefined } {
  const nonce = randomBytes(16).toString('base64')
  const policy = strictPolicy(embedding.server, nonce)
  const words: Record<string, string> = { ...embedding, nonce, policy: policy.replaceAll('; ', ';\n') }
  const html = readFileSync(join(pageFolder, `${name}.html`), 'utf8')
    .replace(/<!-- (head|header|footer) -->/g, (_, part: string) => readPart(part))
    .replace(/\{\{(\w+)\}\}/g, (whole, word: string) => escapeHtml(words[word] ?? whole))
  return { html, policy: name === 'strict-csp' ? policy : undefined }
}

/** Rejects with the system's error (`EADDRINUSE`) where the port is taken. */
export async function startSite({ port = 0, distFolder = join(folder, 'dist') }: SiteOptions = {}): Promise<Site> {
  const pages = new Set(
    readdirSync(pageFolder)
      .filter((name) => name.endsWith('.html'))
      .map((name) => basename(name, '.html')),
  )
  let embedding: Embedding | undefined

  function send(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
    response.writeHead(status, {
      'content-type': type,
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
    })
    response.end(response.req.method === 'HEAD' ? undefined : body)
  }

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(request.url ?? '/', 'http://site')
    if (request.method !== 'GET' && request.method !== 'HEAD') return send(response, 405, 'text/plain', 'Only GET\n')
    const file = new Map([...listFiles(join(folder, 'public')), ...listFiles(distFolder)]).get(pathname)
    if (file) return send(response, 200, types[extname(file)] ?? 'application/octet-stream', readFileSync(file))
    const name = pathname === '/' ? 'index' : pathname.slice(1).replace(/\.html$/, '')
    if (!pages.has(name) && pathname !== '/config.json') return send(response, 404, 'text/plain', 'No such page\n')
    if (!embedding) return send(response, 503, 'text/plain', 'Starting\n')
    if (pathname === '/config.json') return send(response, 200, 'application/json', JSON.stringify(embedding))
    const { html, policy } = renderPage(name, embedding)
    if (policy) response.setHeader('content-security-policy', policy)
    send(response, 200, 'text/html; charset=utf-8', html)
  }

  const server = createServer((request, response) => {
    try {
      answer(request, response)
    } catch (error) {
      if (!response.headersSent) send(response, 500, 'text/plain', `${String(error)}\n`)
    }
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    embed: (it) => void (embedding = it),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

if (import.meta.main) {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    options: { port: { ...text, default: '5173' }, server: text, app: text, 'second-app': text },
  })
  const { port, server, app, 'second-app': secondApp = app } = values
  if (!server || !app || !secondApp) {
    process.stderr.write('host-demo: --server http://… and --app app_… are needed\n')
    process.exit(2)
  }
  const site = await startSite({ port: Number(port) })
  site.embed({ server: new URL(server).origin, app, secondApp })
  process.stdout.write(`${site.url}\n`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void site.close())
}
