/** The iframe's document. Who may frame it is what keeps a stranger's page out: an iframe's requests name no origin. */
import { randomBytes } from 'node:crypto'
import type { LiveApp } from '../tenancy/index.ts'
import type { Release } from './widgets.ts'

const escape = (text: string) => text.replace(/[&<>"']/g, (it) => `&#${it.charCodeAt(0)};`)

export interface Page {
  html: string
  headers: Record<string, string>
}

/** Where a developer looks at a page before it is anywhere: only with a test key. */
const ownMachine = ['http://localhost:*', 'https://localhost:*', 'http://127.0.0.1:*']

export interface Embedded {
  app: LiveApp
  /** The id or key the page named it by. */
  address: string
  key: { env: 'live' | 'test' } | undefined
}

/**
 * `release` is what it loads; undefined: there is nothing to load. `apiUrl` where the API has another address than this page: the page
 * is told, and may ask there and nowhere else.
 */
export function embedPage(embedded: Embedded | undefined, release: Release | undefined, apiUrl?: string): Page {
  const app = embedded?.app
  const nonce = randomBytes(16).toString('base64')
  const allowed = [...(app?.allowedOrigins ?? []), ...(embedded?.key?.env === 'test' ? ownMachine : [])]
  const ancestors = allowed.length > 0 ? allowed.join(' ') : "'none'"
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    `connect-src ${apiUrl === undefined ? "'self'" : new URL(apiUrl).origin}`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    `frame-ancestors ${ancestors}`,
  ]
  const base = `/cdn/v${release?.version}/`
  const { script, styles, preload } = release?.integrity.frame ?? { script: undefined, styles: [], preload: [] }
  const head = [
    ...styles.map((name) => `<link rel="stylesheet" href="${base}${escape(name)}">`),
    ...preload.map((name) => `<link rel="modulepreload" href="${base}${escape(name)}">`),
    script ? `<script type="module" src="${base}${escape(script)}"></script>` : '',
  ]
  return {
    html: `<!doctype html>
<html${app?.live.config.locale ? ` lang="${escape(app.live.config.locale)}"` : ''}${embedded ? ` data-app="${escape(embedded.address)}"` : ''}${apiUrl === undefined ? '' : ` data-api="${escape(apiUrl)}"`} data-nonce="${nonce}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content">
<meta name="robots" content="noindex">
<title>${escape(app?.name ?? 'Chat')}</title>
${head.filter(Boolean).join('\n')}
</head>
<body>${app ? (script ? '' : '<p>The widget has not been built.</p>') : '<p>There is no such chat.</p>'}</body>
</html>
`,
    headers: {
      'Content-Security-Policy': policy.join('; '),
      'Permissions-Policy': 'camera=(), geolocation=(), microphone=(self)',
      'Referrer-Policy': 'no-referrer',
      // A page that isolates itself frames nothing that does not do so too; all we load is our own, or asked with CORS.
      'Cross-Origin-Embedder-Policy': 'require-corp',
      'Cross-Origin-Resource-Policy': 'cross-origin',
      'Cache-Control': 'no-store',
    },
  }
}
