import type { Command } from 'commander'
import type { Published, Refusal } from '@aside/server/cdn-folder'
import { act, type Context } from '../context.ts'
import type { Bar } from '../output.ts'
import { Problem, usage } from '../problems.ts'

interface BuildOptions {
  out?: string
  from?: string
  withMaps?: boolean
}

const wayOut: Record<Refusal, string> = {
  widget_not_built: 'npm run build',
  widget_damaged: 'build it again: node scripts/build.ts --force',
  not_ours: 'choose a folder that is empty or not there yet',
  version_exists:
    'a version that was published never changes: raise the version of the widget (widget/package.json), or write into another folder',
  busy: 'try again when it has ended',
}

/** Cloudflare Pages reads no more of a `_headers` file. */
const MOST_RULES = 100

export function addCdnCommands(program: Command): void {
  const cdn = program.command('cdn').description('the widget as files, for a server, a proxy or a host of files')

  cdn
    .command('build [folder]')
    .description('put the built widget into a folder, beside the versions that are in it (default: cdn)')
    .option('--out <folder>', 'the same as [folder]')
    .option('--from <folder>', 'another build than that of this installation')
    .option('--with-maps', 'publish the source maps too; else they are put into <folder>-maps, beside it')
    .addHelpText(
      'after',
      '\nThe folder has latest/, v1/, v1.2/ and v1.2.3/, the hashes of all files (integrity.json), their gzip and brotli forms beside them, and the rules for the headers (_headers). A server serves it with ASIDE_CDN_DIR.\n\nExamples:\n  $ aside cdn build /srv/aside/cdn\n  $ aside cdn build --out public/cdn --json',
    )
    .action(
      act(async ({ out }, argument: string | undefined, options: BuildOptions) => {
        const { out: named, from, withMaps } = options
        if (argument !== undefined && named !== undefined && argument !== named)
          throw usage(`is it ${argument} or ${named}?`, 'say the folder once')
        const { builtWidget, NotPublished, publish } = await import('@aside/server/cdn-folder')
        let bar: Bar | undefined
        try {
          const published = await publish({
            from: from ?? builtWidget,
            folder: argument ?? named ?? 'cdn',
            withMaps: withMaps ?? false,
            step: (name, total) => (bar ??= out.bar(total)).step(name),
          })
          bar?.stop()
          show(out, published)
        } catch (error) {
          bar?.stop()
          if (!(error instanceof NotPublished)) throw error
          throw new Problem(error.code, error.message, { hint: wayOut[error.code], cause: error })
        }
      }),
    )
}

function show(out: Context['out'], published: Published): void {
  const { folder, version, outcome, channels, versions, files, maps, rules } = published
  const { paint } = out
  out.show(published, () => {
    const sum = (of: (file: Published['files'][number]) => number) => files.reduce((all, file) => all + of(file), 0)
    const kilobytes = (bytes: number | undefined) => (bytes === undefined ? '' : (bytes / 1_000).toFixed(1))
    out.table(
      ['FILE', 'KB', 'GZIP', 'BROTLI'],
      [
        ...files.map((it) => [it.name, kilobytes(it.sizeBytes), kilobytes(it.gzip), kilobytes(it.br)]),
        [
          `${files.length} files`,
          kilobytes(sum((it) => it.sizeBytes)),
          kilobytes(sum((it) => it.gzip ?? it.sizeBytes)),
          kilobytes(sum((it) => it.br ?? it.sizeBytes)),
        ],
      ],
    )
    out.line()
    const moved = Object.entries(channels).filter(([name]) => name !== `v${channels[name]}`)
    out.table(
      ['FOLDER', 'HAS'],
      [
        ...moved.map(([name, it]) => [name, it]),
        ...versions.map((it) => [`v${it}`, it === version ? `${it} (${outcome})` : it]),
      ],
      [paint.bold],
    )
    out.line()
    out.line(`${paint.green(outcome === 'added' ? 'published' : 'was published before')} ${version} in ${folder}`)
    if (maps !== undefined) out.line(`  source maps  ${maps}`)
  })
  if (rules > MOST_RULES)
    out.note(
      `_headers has ${rules} rules, and Cloudflare reads ${MOST_RULES}: take versions out that nobody uses (delete their v… folders).`,
    )
}
