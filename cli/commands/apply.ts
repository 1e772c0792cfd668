import type { Command } from 'commander'
import type { Tenant } from '@aside/protocol'
import { mayGoOn } from '../ask.ts'
import { showChanges } from '../changes.ts'
import { allTenants, chooseWholeTenant } from '../choose.ts'
import type { Connection } from '../connect.ts'
import { act, type Context } from '../context.ts'
import { mustBeFree, toFile, type ToFile, writeText } from '../download.ts'
import { printable } from '../output.ts'
import { notConfirmed, Problem, usage } from '../problems.ts'
import type { Plan, Step } from '../tenant-file/plan.ts'

interface ApplyOptions {
  file: string
  tenant?: string
  dryRun?: boolean
  yes?: boolean
  prune?: boolean
}

/** The one of that name; undefined where there is none yet. */
async function findTenant(connection: Connection, name: string, wanted?: string): Promise<Tenant | undefined> {
  if (wanted !== undefined) return chooseWholeTenant(connection, wanted)
  const tenants = await allTenants(connection)
  const named = tenants.filter((it) => it.name === name)
  if (named.length > 1)
    throw usage(
      `several tenants are called ${name}: ${named.map((it) => it.id).join(', ')}`,
      'say which: --tenant <id>',
    )
  if (!named[0] && !connection.isOperator)
    throw new Problem('not_found', `the file is about ${name}, and the key is of ${tenants[0]?.name ?? 'another'}`, {
      hint: 'take the key of that tenant, or rename this one to what the file says: --tenant <id>',
    })
  return named[0]
}

const signs = { create: '+', change: '~', remove: '-' } as const

function showPlan({ out }: Context, { unchanged, beyond }: Plan, steps: Step[], isPruned: boolean): void {
  const { paint } = out
  const paints = { create: paint.green, change: paint.yellow, remove: paint.red }
  for (const { kind, what, name, changes } of steps) {
    out.line(paints[kind](`${signs[kind]} ${kind} ${what} ${paint.bold(printable(name))}`))
    if (changes) showChanges(out, changes, '    ')
    if (kind === 'remove' && what === 'app')
      out.line(paint.red('    with its visitors, conversations, sources and configurations, for good'))
  }
  if (unchanged > 0) out.line(paint.dim(`= leave ${unchanged} as ${unchanged === 1 ? 'it is' : 'they are'}`))
  if (beyond.length === 0 || isPruned) return
  out.note('There is more than the file names; --prune would remove it:')
  for (const { what, name } of beyond) out.note(`  ${what} ${printable(name)}`)
}

async function runAll({ out }: Context, steps: Step[]): Promise<void> {
  const bar = out.bar(steps.length)
  let done = 0
  try {
    for (const step of steps) {
      await step.run()
      done++
      bar.step(step.name)
    }
  } catch (error) {
    bar.stop()
    const { what, name } = steps[done]!
    out.note(`${done} of ${steps.length} steps were done; this one was not: ${what} ${printable(name)}`)
    out.note('Applying the file again goes on from there.')
    throw error
  }
  bar.stop()
}

const told = ({ run: _, ...step }: Step) => step

async function apply(context: Context, options: ApplyOptions): Promise<void> {
  const { out } = context
  const [{ readTenantFile }, { readState }, { planTenant }] = await Promise.all([
    import('../tenant-file/read.ts'),
    import('../tenant-file/state.ts'),
    import('../tenant-file/plan-tenant.ts'),
  ])
  const wanted = readTenantFile(options.file)
  const connection = await context.connect()
  const tenant = await findTenant(connection, wanted.file.tenant, options.tenant)
  const plan = await planTenant(connection, wanted, tenant && (await readState(connection, tenant)))
  const steps = [...plan.steps, ...(options.prune ? plan.beyond : [])]
  const isToDo = steps.length > 0
  if (!out.json) showPlan(context, plan, steps, options.prune ?? false)
  if (!out.json && !isToDo) out.line('nothing to do')
  for (const remark of plan.remarks) out.note(printable(remark))
  const isMeant = isToDo && !options.dryRun
  if (
    isMeant &&
    !(await mayGoOn(`${steps.length} ${steps.length === 1 ? 'change' : 'changes'}. Go on?`, {
      ...options,
      json: out.json,
    }))
  )
    throw notConfirmed()
  if (isMeant) await runAll(context, steps)
  const result = {
    ...(plan.tenantId === undefined ? {} : { tenantId: plan.tenantId }),
    applied: isMeant,
    steps: steps.map(told),
    unchanged: plan.unchanged,
    beyond: options.prune ? [] : plan.beyond.map(told),
    keys: plan.made,
  }
  out.show(result, () => {
    if (!isToDo) return
    if (options.dryRun) return out.note('A dry run: nothing was changed.')
    out.line(`${out.paint.green('applied')} ${steps.length} ${steps.length === 1 ? 'change' : 'changes'}`)
    for (const { app, name, key } of plan.made) out.line(`${printable(`${app}: ${name}`)}  ${key}`)
  })
}

export function addApplyCommands(program: Command): void {
  program
    .command('apply')
    .description('make a tenant what a file says: shows the difference, asks, does it')
    .requiredOption('-f, --file <file>', 'the file; "-" is standard input')
    .option('--tenant <tenant>', 'apply it to this one, whatever it is called: a name or an id')
    .option('--dry-run', 'show the difference only')
    .option(
      '--prune',
      'remove apps, origins, keys and sources that the file does not name, where it names some of their kind',
    )
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      `
What the file leaves out is left as it is; a second time there is nothing to do. Apps, origins, keys and sources that
are there and not in the file are told, and stay without --prune. Such a file looks like this:

  tenant: Acme
  budget: { tokensPerDay: 2000000 }
  apps:
    Shop:
      origins: [https://shop.example, https://*.shop.example]
      config:
        model: local
        theme: { primary: "#3355ff" }
      trial: { percent: 10, config: { model: local, temperature: 0 } }
      identity: observe
      sources: [docs/, faq/**/*.md]
      publishableKeys: [website]

Examples:
  $ aside export Acme -o acme.yaml
  $ aside apply -f acme.yaml --dry-run
  $ aside apply -f acme.yaml --yes --json`,
    )
    .action(act(apply))

  toFile(program.command('export [tenant]'))
    .description('write a tenant as a file for "apply": no secrets, no documents')
    .addHelpText('after', '\nExample:\n  $ aside export Acme -o acme.yaml')
    .action(
      act(async ({ out, connect }, wanted: string | undefined, options: ToFile) => {
        if (options.out !== undefined) mustBeFree(options.out, options.force)
        const { readState } = await import('../tenant-file/state.ts')
        const { writeTenant } = await import('../tenant-file/write.ts')
        const connection = await connect()
        const tenant = await chooseWholeTenant(connection, wanted)
        const { file, text } = writeTenant(await readState(connection, tenant))
        const written = out.json ? `${JSON.stringify(file, null, 2)}\n` : text
        if (options.out === undefined) return out.write(out.isTerminal ? printable(written) : written)
        writeText(options.out, written, options.force)
        out.note(`written to ${options.out}`)
      }),
    )
}
