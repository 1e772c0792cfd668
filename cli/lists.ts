/** Where somebody who named what is not there finds what is: told by the ids that were typed, else by the command. */

/** By the beginning of an id; what is nearest to what was meant comes first. */
const listOf: Record<string, string> = {
  src: 'aside source list',
  key: 'aside key list',
  agt: 'aside agent list',
  ids: 'aside identity secret list',
  hld: 'aside privacy hold list',
  vis: 'aside privacy find <subject>',
  cnv: 'aside privacy export tenant',
  app: 'aside app list',
  ten: 'aside tenant list',
}

/** What such commands name by something else than an id: a number, an address. */
const listOfCommand: Record<string, string> = {
  config: 'aside config list',
  source: 'aside source list',
  key: 'aside key list',
  agent: 'aside agent list',
}

/** Undefined where nothing lists it. `commandLine` is which command it is, `words` what was typed. */
export function listsFor(commandLine: string, words: string[]): string | undefined {
  const typed = new Set(words.flatMap((it) => [...it.matchAll(/\b([a-z]{3})_[0-9a-z]{26}\b/g)].map(([, kind]) => kind)))
  const found = Object.keys(listOf).filter((kind) => typed.has(kind))
  const [, command = ''] = commandLine.split(' ')
  const named = Object.hasOwn(listOfCommand, command) ? [listOfCommand[command]] : []
  const all = found.length > 0 ? found.map((kind) => listOf[kind]) : named
  return all.length === 0 ? undefined : `see what there is: ${all.join(', ')}`
}
