/** A configuration as a person reads and edits it: YAML, with what else could be said, and within which limits. */
import { stringify } from 'yaml'
import { AppConfig } from '@aside/protocol'
import { entriesOf, wordsOf } from './schema-words.ts'

/** What each part is for. One that is missing here is told by its limits alone. */
const purposes: Partial<Record<keyof AppConfig, string>> = {
  systemPrompt: 'What the model is told before anything else. Never shown to a visitor.',
  model: '"local" quotes the sources and needs no key; anything else is a model of the provider.',
  temperature: 'How freely the model writes.',
  maxOutputTokens: 'How long an answer may get.',
  historyTurns: 'How many earlier questions and answers go into the prompt.',
  retrieval: 'Whether the sources are searched at all.',
  passages: 'How many passages of the sources go into the prompt.',
  theme: 'How the widget looks.',
  words: "What the widget says, in whatever language the visitor reads. What is left out is said in the visitor's.",
  wordsByLocale:
    'The same in one language, by its BCP 47 tag; also suggestedQuestions, closedMessage, and labels of preChat by name.',
  features: 'What visitors may use.',
  suggestedQuestions: 'Offered before the first message.',
  followUps: 'Whether things to ask next are offered after an answer.',
  preChat: 'Asked before the first message.',
  businessHours: 'When people answer. A day that is left out is closed.',
  retentionDays: 'Conversations older than this are erased. Left out: they are kept.',
  budgets: 'Limits on what is used within one day, UTC.',
  locale: "The language of the widget, whatever the visitor's is.",
}

const yaml = (value: unknown) => stringify(value, { lineWidth: 0 })

const wrap = (text: string) =>
  text
    .replace(/(?![^\n]{1,116}$)([^\n]{1,116})\s/g, '$1\n')
    .split('\n')
    .map((it) => `# ${it}`)
    .join('\n')

/** A group with more is told by the names of its fields. */
const MOST_FIELDS = 10

/** Reading it gives the same configuration again. */
export function writeConfig(config: AppConfig, head: string[] = []): string {
  const parts = entriesOf(AppConfig).map(([name, schema]) => {
    const value = config[name as keyof AppConfig]
    const purpose = purposes[name as keyof AppConfig]
    const fields = entriesOf(schema)
    const comment =
      fields.length > 0 && fields.length <= MOST_FIELDS
        ? [...(purpose ? [`# ${purpose}`] : []), ...fields.map(([it, of]) => wrap(`  ${it}: ${wordsOf(of)}`))].join(
            '\n',
          )
        : wrap(`${purpose ? `${purpose} ` : ''}(${wordsOf(schema)})`)
    return `${comment}\n${value === undefined ? `# ${name}:\n` : yaml({ [name]: value })}`
  })
  return [...head.map((it) => `# ${it}\n`), ...(head.length > 0 ? ['\n'] : []), parts.join('\n')].join('')
}
