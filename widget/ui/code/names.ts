/** What authors of Markdown call the languages whose code is coloured: small, for it is asked before the grammars are fetched. */

const names = {
  bash: 'sh shell zsh console shellsession terminal',
  c: 'h',
  css: 'scss less',
  curly: 'cpp c++ cc cxx hpp csharp c# cs kotlin kt swift scala dart groovy objc objective-c',
  diff: 'patch',
  docker: 'dockerfile',
  go: 'golang',
  html: 'htm vue svelte',
  http: '',
  ini: 'env dotenv properties',
  java: '',
  js: 'javascript jsx mjs cjs node',
  json: 'jsonc json5 jsonl',
  lua: '',
  make: 'makefile',
  md: 'markdown',
  php: '',
  py: 'python python3 py3',
  rb: 'ruby',
  rs: 'rust',
  sql: 'mysql postgres postgresql psql plsql sqlite',
  toml: '',
  ts: 'typescript tsx mts cts',
  xml: 'svg xsl rss',
  yaml: 'yml',
}

export type Language = keyof typeof names

const isLanguage = (it: string): it is Language => Object.hasOwn(names, it)

export const languages = Object.keys(names).filter(isLanguage)

const known = new Map(
  languages.flatMap((language) => [language, ...names[language].split(' ')].map((name) => [name, language] as const)),
)

/** The language of a fence's word, in whatever case; nothing where its code stays plain. */
export const languageOf = (word: string | undefined): Language | undefined =>
  word ? known.get(word.toLowerCase()) : undefined
