import { type Command, InvalidArgumentError } from 'commander'
import { removeSource, searchSources } from '@aside/protocol'
import { chooseApp, allSources, tenantOf } from '../choose.ts'
import { act } from '../context.ts'
import { printable } from '../output.ts'
import { Problem, usage } from '../problems.ts'
import type { OfApp } from '../whole-app.ts'
import { ofApp } from './of-app.ts'
import { addSources, type AddOptions } from './source-add.ts'
import { dayOf } from '../words.ts'

const number = (text: string): number => {
  if (!/^[1-9][0-9]?$/.test(text) || Number(text) > 50) throw new InvalidArgumentError('A number from 1 to 50.')
  return Number(text)
}

const size = (bytes: number) => (bytes < 1_024 ? `${bytes} B` : `${Math.round(bytes / 1_024)} kB`)

export function addSourceCommands(program: Command): void {
  const source = program.command('source').description('the documents an app answers from')

  ofApp(source.command('add <paths...>'))
    .description('add files, or folders of them; what is unchanged is left as it is')
    .option('--prefix <prefix>', 'put before each name, like "docs"')
    .option('--prune', 'remove the sources under the prefix (without one: all) that are not in the folders any more')
    .option('--include-dependencies', 'enter node_modules, which is left out else')
    .addHelpText(
      'after',
      '\nMarkdown, plain text and HTML are taken from a folder (.md .markdown .mdx .txt .html .htm). A document is called by its\npath in the folder given; the same name again replaces it.\n\nExamples:\n  $ aside source add docs/\n  $ aside source add handbook/ --prefix handbook --prune --app Shop\n  $ aside source add node_modules/vue --app Shop',
    )
    .action(act((context, paths: string[], options: AddOptions) => addSources(context, paths, options)))

  ofApp(source.command('list'))
    .description('list the sources of an app')
    .addHelpText('after', '\nExample:\n  $ aside source list --app Shop')
    .action(
      act(async ({ out, connect }, options: OfApp) => {
        const connection = await connect()
        const app = await chooseApp(connection, options.app, options)
        const sources = await allSources(connection, app.id)
        out.show({ sources }, () => {
          if (sources.length === 0)
            return out.note(`${app.name} has no sources yet. Add some: aside source add <folder> --app ${app.id}`)
          out.table(
            ['NAME', 'TITLE', 'PASSAGES', 'SIZE', 'CHANGED'],
            sources.map((it) => [it.name, it.title.slice(0, 50), it.chunks, size(it.sizeBytes), dayOf(it.updatedAt)]),
            [out.paint.bold],
          )
        })
      }),
    )

  ofApp(source.command('remove <names...>'))
    .description('remove sources, by name or id')
    .addHelpText('after', '\nExamples:\n  $ aside source remove old.md --app Shop\n  $ aside source remove src_01k…')
    .action(
      act(async ({ out, connect }, names: string[], options: OfApp) => {
        const connection = await connect()
        const { client } = connection
        const app = await chooseApp(connection, options.app, options)
        const query = tenantOf(connection, app)
        const sources = await allSources(connection, app.id)
        const chosen = [...new Set(names)].map((name) => {
          const found = sources.find((it) => it.name === name || it.id === name)
          if (found) return found
          throw new Problem('not_found', `${app.name} has no source ${name}`, {
            hint: `see: aside source list --app ${app.id}`,
          })
        })
        for (const it of chosen) await client.call(removeSource, { params: { sourceId: it.id }, query })
        out.show({ removed: chosen }, () => {
          for (const it of chosen) out.line(`${out.paint.green('removed')} ${printable(it.name)}`)
        })
      }),
    )

  ofApp(source.command('search <question...>'))
    .description('find the passages the assistant would answer a question from')
    .option('--limit <number>', 'how many', number, 5)
    .addHelpText('after', '\nExample:\n  $ aside source search how long do returns take --app Shop')
    .action(
      act(async ({ out, connect }, words: string[], options: OfApp & { limit: number }) => {
        const q = words.join(' ').trim()
        if (q === '') throw usage('there is no question')
        const connection = await connect()
        const app = await chooseApp(connection, options.app, options)
        const query = { appId: app.id, q, limit: String(options.limit) }
        const reply = await connection.client.call(searchSources, { query })
        out.show(reply, () => {
          if (reply.hits.length === 0) return out.note('Nothing was found.')
          const { paint } = out
          for (const { number, title, headingPath, name, score, text } of reply.hits) {
            const place = [title, ...headingPath.filter((it, i) => i > 0 || it !== title)].map(printable).join(' › ')
            out.line(
              `${paint.cyan(`[${number}]`)} ${paint.bold(place)} ${paint.dim(`${printable(name)} · ${score.toFixed(2)}`)}`,
            )
            out.line(`    ${excerpt(printable(text))}\n`)
          }
        })
      }),
    )
}

const excerpt = (text: string) => {
  const plain = text.replace(/\s+/g, ' ').trim()
  return plain.length > 280 ? `${plain.slice(0, 280)}…` : plain
}
