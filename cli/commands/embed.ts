import { createHash } from 'node:crypto'
import type { Command } from 'commander'
import * as v from 'valibot'
import { type Client, isFault } from '@aside/protocol'
import { chooseApp } from '../choose.ts'
import { act } from '../context.ts'
import { EXIT, Problem, usage } from '../problems.ts'

const Index = v.object({
  channels: v.record(v.string(), v.string()),
  versions: v.record(v.string(), v.object({ files: v.object({ 'embed.js': v.string() }) })),
})
const Described = v.object({
  servers: v.pipe(v.array(v.object({ url: v.string() })), v.minLength(1)),
  /** Absent: an older server, which has one address. */
  'x-aside-embed-url': v.optional(v.string()),
})

interface EmbedOptions {
  tenant?: string
  version?: string
  floating?: string
}

const CHANNEL = /^(latest|v\d+(\.\d+){0,2}(-[\w.-]+)?)$/

export function addEmbedCommand(program: Command): void {
  program
    .command('embed [app]')
    .description('print the script tag that puts an app on a page')
    .option('--tenant <tenant>', 'whose the app is: a name or an id (where a name is not enough)')
    .option('--version <version>', 'of this version of the widget, or the newest of v1 or v1.2 (default: the newest)')
    .option(
      '--floating <channel>',
      'follow a channel (latest, v1, v1.2) instead of one build: updates by itself, without SRI',
    )
    .addHelpText(
      'after',
      '\nThe tag names one build and its hash, so a browser runs that and nothing else. It stays good for as long as the server has that build.\n\nExamples:\n  $ aside embed Shop\n  $ aside embed Shop --version v1.2\n  $ aside embed Shop --floating latest',
    )
    .action(
      act(async ({ out, connect }, wanted: string | undefined, { tenant, version: given, floating }: EmbedOptions) => {
        for (const [option, name] of [
          ['--version', given],
          ['--floating', floating],
        ])
          if (name !== undefined && !CHANNEL.test(name))
            throw usage(`${option} ${name} is no version`, 'latest, or a version like v1, v1.2 or v1.2.3')
        if (given !== undefined && floating !== undefined)
          throw usage('a tag names one build or follows several', 'give --version or --floating')
        const connection = await connect()
        const { client } = connection
        const app = await chooseApp(connection, wanted, tenant === undefined ? {} : { tenant })
        const { version, integrity, src, html } = await readTag(client, app.id, { version: given, floating })
        out.show({ appId: app.id, version, src, html, ...(floating === undefined ? { integrity } : {}) }, () =>
          out.line(html),
        )
        if (app.allowedOrigins?.length === 0) out.note('This app has no allowed origins, so no page can embed it.')
        if (/^(localhost|127\.|\[::1\]|0\.0\.0\.0)/.test(new URL(src).host))
          out.note('This address is for this machine only: set ASIDE_PUBLIC_URL to where visitors reach the server.')
      }),
    )
}

/**
 * The tag of an app as the server says it has to be: of one build, by default the newest, or of whatever `floating` stands for. Throws
 * where there is no widget, no such version, or another build than the server says.
 */
export async function readTag(
  client: Client,
  appId: string,
  { version = 'latest', floating }: { version?: string | undefined; floating?: string | undefined } = {},
) {
  const { servers, ...more } = v.parse(Described, await (await get(client, '/openapi.json')).json())
  const { channels, versions } = await readIndex(client)
  const exact = channels[floating ?? version]
  const integrity = exact === undefined ? undefined : versions[exact]?.files['embed.js']
  if (exact === undefined || integrity === undefined)
    throw new Problem('not_found', `the server has no ${floating ?? version} of the widget`, {
      hint: `there is: ${Object.keys(channels).join(', ')}`,
    })
  const path = `/cdn/${floating ?? `v${exact}`}/embed.js`
  await proveServed(client, path, integrity)
  const src = (more['x-aside-embed-url'] ?? servers[0]!.url) + path
  const attributes = floating === undefined ? ` integrity="${integrity}" crossorigin="anonymous"` : ''
  const html = `<script src="${src}"${attributes} data-app="${appId}" async></script>`
  return { version: exact, integrity, src, html }
}

/** Whether pages get anything of this server: it takes the widget that is built when it starts. */
export async function hasWidget(url: string): Promise<boolean> {
  const reply = await fetch(new URL('/cdn/integrity.json', url), { signal: AbortSignal.timeout(20_000) })
  await reply.body?.cancel()
  return reply.ok
}

const get = (client: Client, path: string) =>
  client.open({ method: 'GET', path }, {}, { signal: AbortSignal.timeout(20_000) })

async function readIndex(client: Client): Promise<v.InferOutput<typeof Index>> {
  try {
    return v.parse(Index, await (await get(client, '/cdn/integrity.json')).json())
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
