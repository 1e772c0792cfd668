/** What could come next on a command line: commands, options, what an option or argument can be. */
import type { Argument, Command, Option } from 'commander'

/** A word, and what it is. */
export type Candidate = [word: string, description: string]
export type Candidates = Candidate[] | 'files'

/** What is on the server and has a name to be typed. */
export type Named = 'app' | 'tenant' | 'origin' | 'config' | 'key' | 'agent' | 'source'
/** Their names. `given` is what was said before: options by their names, and the app, where a command takes one. */
export type Names = (of: Named, given: Record<string, string>) => Promise<string[]>

/** By the name of an argument or option, below a command. */
function namedBy(command: Command, name: string): Named | undefined {
  const path = lineage(command).map((it) => it.name())
  if (['app', 'tenant', 'key', 'agent'].includes(name)) return name as Named
  if (name === 'origins' && command.name() === 'remove') return 'origin'
  if (name === 'names' && path.includes('source')) return 'source'
  return path.includes('config') && ['n', 'to', 'number'].includes(name) ? 'config' : undefined
}

interface Place {
  command: Command
  /** Arguments that were given to it. */
  given: number
  /** An option whose value comes next. */
  option: Option | undefined
  globals: Record<string, string>
}

const takesValue = (option: Option) => option.required || option.optional
const lineage = (command: Command): Command[] => (command.parent ? [command, ...lineage(command.parent)] : [command])
/** Its own, and those of the commands it stands in; each once. */
function optionsOf(command: Command): Option[] {
  const all = lineage(command).flatMap((it) => it.createHelp().visibleOptions(it))
  return all.filter((it, i) => all.findIndex((other) => other.long === it.long) === i)
}

/** Reads the words before the one that is being typed, as commander would. */
function walk(program: Command, words: string[]): Place {
  const place: Place = { command: program, given: 0, option: undefined, globals: {} }
  for (const word of words) {
    // A shell may take `--app=Shop` for three words.
    if (place.option && word === '=') continue
    if (place.option) {
      place.globals[place.option.attributeName()] = word
      if (!place.option.variadic) place.option = undefined
      if (place.option === undefined || !word.startsWith('-')) continue
    }
    place.option = undefined
    if (word.startsWith('-')) {
      const [name = ''] = word.split('=')
      const option = optionsOf(place.command).find((it) => it.long === name || it.short === name)
      if (option && takesValue(option) && !word.includes('=')) place.option = option
      else if (option && word.includes('=')) place.globals[option.attributeName()] = word.slice(name.length + 1)
      continue
    }
    const next = place.command.commands.find((it) => it.name() === word || it.aliases().includes(word))
    if (next && place.given === 0) place.command = next
    else {
      // `aside origin remove Shop …`: what follows is about that app.
      if (place.command.registeredArguments[place.given]?.name() === 'app') place.globals['app'] = word
      place.given++
    }
  }
  return place
}

/** `words` are those typed so far; the last one is being typed, and may be empty. */
export async function complete(program: Command, words: string[], names: Names): Promise<Candidates> {
  const typed = (words.at(-1) ?? '').replace(/^=$/, '')
  const place = walk(program, words.slice(0, -1))
  const matching = (all: Candidate[]) => all.filter(([word]) => word.startsWith(typed))
  const values = async (of: Option | Argument, name: string): Promise<Candidates> => {
    if (of.argChoices) return matching(of.argChoices.map((it): Candidate => [it, '']))
    if (/^(file|out|path|paths|config|data-dir)$/.test(name)) return 'files'
    const kind = name === 'key' && 'long' in of ? undefined : namedBy(place.command, name)
    if (kind === undefined) return []
    return matching((await names(kind, place.globals)).map((it): Candidate => [it, kind]))
  }
  if (place.option && !typed.startsWith('-')) return values(place.option, place.option.name())
  if (typed.startsWith('-'))
    return matching(optionsOf(place.command).map((it): Candidate => [it.long ?? it.short ?? '', it.description]))
  const commands = place.command
    .createHelp()
    .visibleCommands(place.command)
    .map((it): Candidate => [it.name(), it.description()])
  if (commands.length > 0 && place.given === 0) return matching(commands)
  // `aside help config set`: the words after it are those of a command.
  if (place.command === program && words[0] === 'help') return complete(program, words.slice(1), names)
  const all = place.command.registeredArguments
  const argument = all[place.given] ?? (all.at(-1)?.variadic ? all.at(-1) : undefined)
  return argument ? values(argument, argument.name()) : []
}
