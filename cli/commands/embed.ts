import { createHash } from 'node:crypto'
import type { Command } from 'commander'
import * as v from 'valibot'
import { type Client, isFault } from '@aside/protocol'
import { chooseApp } from '../choose.ts'
import { act } from '../context.ts'
import { EXIT, Problem, usage } from '../problems.ts'

const Integrity = v.object({ files: v.object({ 'embed.js': v.string() }) })
const Described = v.object({
  info: v.object({ version: v.string() }),
  servers: v.pipe(v.array(v.object({ url: v.string() })), v.minLength(1)),
  /** Absent: an older server, which has one address. */
  'x-aside-embed-url': v.optional(v.string()),
})

interface EmbedOptions {
  tenant?: string
  floating?: string
}

export function addEmbedCommand(program: Command): void {
  program
    .command('embed [app]')
    .description('print the script tag that puts an app on a page')
    .option('--tenant <tenant>', 'whose the app is: a name or an id (where a name is not enough)')
    .option(
      '--floating <channel>',
      'follow a channel (latest, v1, v1.2) instead of one build: updates by itself, without SRI',
    )
    .addHelpText(
      'after',
      '\nThe tag names one build and its hash, so a browser runs that and nothing else. After an update of the server, print it again.\n\nExamples:\n  $ aside embed Shop\n  $ aside embed Shop --floating latest',
    )
    .action(
      act(async ({ out, connect }, wanted: string | undefined, { tenant, floating }: EmbedOptions) => {
        if (floating !== undefined && !/^(latest|v\d+(\.\d+){0,2})$/.test(floating))
          throw usage(`--floating ${floating} is no channel`, 'latest, or a version like v1 or v1.2')
        const connection = await connect()
        const { client } = connection
        const app = await chooseApp(connection, wanted, tenant === undefined ? {} : { tenant })
        const { version, integrity, src, html } = await readTag(client, app.id, floating)
        out.show({ appId: app.id, version, src, html, ...(floating === undefined ? { integrity } : {}) }, () =>
          out.line(html),
        )
        if (app.allowedOrigins?.length === 0) out.note('This app has no allowed origins, so no page can embed it.')
        if (/^(localhost|127\.|\[::1\]|0\.0\.0\.0)/.test(new URL(src).host))
          out.note('This address is for this machine only: set ASIDE_PUBLIC_URL to where visitors reach the server.')
      }),
    )
}

/** The tag of an app as the server says it has to be. Throws where there is no widget, or another than it says. */
export async function readTag(client: Client, appId: string, floating?: string) {
  const { info, servers, ...more } = v.parse(Described, await (await get(client, '/openapi.json')).json())
  const integrity = await readIntegrity(client)
  const path = `/cdn/${floating ?? `v${info.version}`}/embed.js`
  await proveServed(client, path, integrity)
  const src = (more['x-aside-embed-url'] ?? servers[0]!.url) + path
  const attributes = floating === undefined ? ` integrity="${integrity}" crossorigin="anonymous"` : ''
  const html = `<script src="${src}"${attributes} data-app="${appId}" async></script>`
  return { version: info.version, integrity, src, html }
}

/** Whether pages get anything of this server: it takes the widget that is built when it starts. */
export async function hasWidget(url: string): Promise<boolean> {
  const reply = await fetch(new URL('/cdn/latest/integrity.json', url), { signal: AbortSignal.timeout(20_000) })
  await reply.body?.cancel()
  return reply.ok
}

const get = (client: Client, path: string) =>
  client.open({ method: 'GET', path }, {}, { signal: AbortSignal.timeout(20_000) })

async function readIntegrity(client: Client): Promise<string> {
  try {
    const reply = await get(client, '/cdn/latest/integrity.json')
    return v.parse(Integrity, await reply.json()).files['embed.js']
  } catch (error) {
    if (!isFault(error) || error.code !== 'not_found') throw error
    throw new Problem('widget_not_built', 'the server has no widget to embed: it was not built', {
      hint: 'npm run build, then start the server again',
      cause: error,
    })
  }
}

/** A tag that a browser would refuse is worse than none: what is served there must have the hash the tag will say. */
async function proveServed(client: Client, path: string, integrity: string): Promise<void> {
  let bytes: ArrayBuffer
  try {
    bytes = await (await get(client, path)).arrayBuffer()
  } catch (error) {
    if (!isFault(error) || error.code !== 'not_found') throw error
    throw new Problem('not_found', `the server has nothing at ${path}`, { hint: 'try --floating latest', cause: error })
  }
  const found = `sha384-${createHash('sha384').update(new Uint8Array(bytes)).digest('base64')}`
  if (found !== integrity)
    throw new Problem('integrity', `${path} is not what integrity.json says`, {
      hint: 'npm run build, then start the server again',
      exit: EXIT.refused,
    })
}
