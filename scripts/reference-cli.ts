/** Every command, from the tree that runs them. */
import { createProgram } from '../cli/program.ts'

type Command = ReturnType<typeof createProgram>
type Option = Command['options'][number]
type Argument = Command['registeredArguments'][number]

const cell = (text: string) =>
  text
    .replace(/\s*\n\s*/g, ' ')
    .replaceAll('|', '\\|')
    .replaceAll('<', '&lt;')
const table = (head: string[], rows: string[][]) =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')

/** What follows the options of its help: remarks, and examples. */
function textAfter(command: Command): string {
  const pieces: string[] = []
  command.configureOutput({ writeOut: (it) => pieces.push(it), getOutHasColors: () => false })
  command.outputHelp()
  return pieces.slice(1).join('').trim()
}

function optionRow(option: Option): string[] {
  const notes = [
    ...(option.argChoices ? [`one of ${option.argChoices.join(', ')}`] : []),
    ...(option.envVar ? [`or \`${option.envVar}\``] : []),
    ...(option.defaultValue === undefined || (Array.isArray(option.defaultValue) && option.defaultValue.length === 0)
      ? []
      : [`default: ${String(option.defaultValue)}`]),
  ]
  return [`\`${option.flags}\``, cell([option.description, ...notes].join('; '))]
}

const argumentRow = (it: Argument): string[] => [
  `\`${it.required ? `<${it.name()}${it.variadic ? '...' : ''}>` : `[${it.name()}${it.variadic ? '...' : ''}]`}\``,
  cell([it.description, ...(it.argChoices ? [`one of ${it.argChoices.join(', ')}`] : [])].filter(Boolean).join('; ')),
]

const pathOf = (command: Command): string =>
  command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name()
const own = (command: Command): readonly Option[] => command.options.filter((it) => !it.hidden)

function section(command: Command, depth: number): string[] {
  const path = pathOf(command)
  const children = command
    .createHelp()
    .visibleCommands(command)
    .filter((it) => it.name() !== 'help')
  const described = command.registeredArguments.filter((it) => it.description || it.argChoices)
  // `usage` does something by itself, and has a command below it.
  const isRun = children.length === 0 || own(command).length > 0 || command.registeredArguments.length > 0
  return [
    `${'#'.repeat(depth)} \`${path}\``,
    `${sentence(command.description())}`,
    ...(isRun ? [`\`\`\`text\n${path} ${command.usage()}\n\`\`\``] : []),
    ...(described.length > 0 ? [table(['argument', 'what'], described.map(argumentRow))] : []),
    ...(isRun && own(command).length > 0 ? [table(['option', 'what'], own(command).map(optionRow))] : []),
    ...(isRun ? remarks(textAfter(command)) : []),
    ...children.flatMap((it) => section(it, depth + 1)),
  ]
}

const sentence = (text: string) => (text ? `${text[0]!.toUpperCase()}${text.slice(1)}.` : '')

const remarks = (text: string): string[] => (text === '' ? [] : [`\`\`\`text\n${text}\n\`\`\``])

export function cliReference(): string {
  const program = createProgram()
  const commands = program
    .createHelp()
    .visibleCommands(program)
    .filter((it) => it.name() !== 'help')
  return `${[
    '# The command line',
    '<!-- Written by `npm run docs` from the commands themselves. Change those. -->',
    'Every command has `--help`. With `--json` it prints JSON, errors too (on standard error). Data goes to standard output, remarks to standard error.',
    '## Options of every command',
    table(['option', 'what'], own(program).map(optionRow)),
    ...remarks(textAfter(program)),
    ...commands.flatMap((it) => section(it, 2)),
  ].join('\n\n')}\n`
}
