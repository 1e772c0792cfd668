/** How an app answers, looks and speaks: one schema, the same for the API, the command line and a file. */
import * as v from 'valibot'

const text = (most: number) => v.pipe(v.string(), v.maxLength(most, `at most ${most} characters`))
const whole = (least: number, most: number) =>
  v.pipe(
    v.number(),
    v.integer('a whole number'),
    v.minValue(least, `at least ${least}`),
    v.maxValue(most, `at most ${most}`),
  )
const between = (least: number, most: number) =>
  v.pipe(v.number(), v.minValue(least, `at least ${least}`), v.maxValue(most, `at most ${most}`))

/** The characters of a BCP 47 tag, and at most as many as any real one has. */
export const Locale = v.pipe(v.string(), v.regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}$/, 'a BCP 47 tag like pt-BR'))

export const Theme = v.object({
  /** The colour of the launcher, the visitor's bubbles and the buttons. */
  primary: v.pipe(v.string(), v.regex(/^#[0-9a-f]{6}$/i, 'a colour like #3355ff')),
  /** Of the panel's corners, in CSS pixels. */
  radius: whole(0, 32),
  /** 1 is the size the widget was drawn for. */
  fontScale: between(0.8, 1.6),
  scheme: v.picklist(['light', 'dark', 'auto'], 'light, dark or auto'),
  position: v.picklist(['left', 'right'], 'left or right'),
  /** Of the launcher and the panel, on the page. */
  zIndex: whole(0, 2_147_483_647),
})
export type Theme = v.InferOutput<typeof Theme>

/** What the widget says by itself and an owner may say otherwise. What is left out is said in the visitor's language. */
export const wordKeys = [
  'title',
  'greeting',
  'placeholder',
  'openChat',
  'closeChat',
  'loading',
  'suggested',
  'send',
  'stop',
  'you',
  'assistant',
  'agent',
  'thinking',
  'sending',
  'waiting',
  'notSent',
  'retry',
  'discard',
  'stopped',
  'cut',
  'regenerate',
  'copy',
  'copied',
  'copyCode',
  'sources',
  'openSource',
  'image',
  'back',
  'latest',
  'earlier',
  'conversations',
  'newConversation',
  'noConversations',
  'untitled',
  'more',
  'connecting',
  'offline',
  'reconnecting',
  'startAgain',
] as const
export type WordKey = (typeof wordKeys)[number]
const wordEntries = Object.fromEntries(
  wordKeys.map((key) => [key, v.optional(text(key === 'greeting' ? 500 : 120))]),
) as Record<WordKey, v.OptionalSchema<ReturnType<typeof text>, undefined>>
export const Words = v.strictObject(wordEntries)
export type Words = v.InferOutput<typeof Words>

const SuggestedQuestions = v.pipe(v.array(v.pipe(text(200), v.minLength(1))), v.maxLength(6, 'at most 6'))
const ClosedMessage = text(500)
const FieldName = v.pipe(
  v.string(),
  v.regex(/^(?!constructor$|prototype$)[a-z][a-z0-9_]{0,39}$/, 'a name like order_number'),
)
const FieldLabel = v.pipe(text(120), v.minLength(1, 'a label'))

/** All that an owner says to visitors, in one language. */
export const LocalWords = v.strictObject({
  ...wordEntries,
  /** In place of the app's `suggestedQuestions`. */
  suggestedQuestions: v.optional(SuggestedQuestions),
  /** In place of that of `businessHours`. */
  closedMessage: v.optional(ClosedMessage),
  /** The labels of `preChat`, by the names of its fields. */
  preChat: v.optional(v.record(FieldName, FieldLabel)),
})
export type LocalWords = v.InferOutput<typeof LocalWords>

const Clock = v.pipe(v.string(), v.regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/, 'a time of day like 09:00'))
const Opening = v.pipe(
  v.strictObject({ from: Clock, to: Clock }),
  v.check(({ from, to }) => from < to, 'a time that ends after it begins'),
)
const isTimeZone = (zone: string): boolean => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).format() !== ''
  } catch {
    return false
  }
}
const Day = v.optional(v.pipe(v.array(Opening), v.maxLength(4, 'at most 4 times a day')))
export const BusinessHours = v.strictObject({
  timeZone: v.pipe(v.string(), v.maxLength(60), v.check(isTimeZone, 'an IANA time zone like Europe/Berlin')),
  /** A day that is left out is closed. */
  week: v.strictObject({ mon: Day, tue: Day, wed: Day, thu: Day, fri: Day, sat: Day, sun: Day }),
  /** Said outside of them, where a person is asked for. */
  closedMessage: v.optional(ClosedMessage),
})

/** Asked before the first message. */
export const PreChatField = v.pipe(
  v.strictObject({
    name: FieldName,
    label: FieldLabel,
    type: v.optional(v.picklist(['text', 'email', 'tel', 'select', 'checkbox']), 'text'),
    required: v.optional(v.boolean(), false),
    options: v.optional(v.pipe(v.array(v.pipe(text(120), v.minLength(1))), v.maxLength(50))),
  }),
  v.check(
    (field) => (field.type === 'select') === (field.options?.length ?? 0) > 0,
    'options where the type is select, and only there',
  ),
)

export type PreChatField = v.InferOutput<typeof PreChatField>

/** A limit on what is used within one day, UTC. */
export const Budget = v.strictObject({
  /** In and out together. */
  tokensPerDay: v.optional(whole(0, 1_000_000_000_000)),
  /** In the currency of `prices`. */
  moneyPerDay: v.optional(between(0, 1_000_000)),
})
export type Budget = v.InferOutput<typeof Budget>

/** What a model costs, for each million tokens. */
export const Price = v.strictObject({ inputPerMillion: between(0, 10_000), outputPerMillion: between(0, 10_000) })

export const Budgets = v.strictObject({
  perVisitor: v.optional(Budget),
  perApp: v.optional(Budget),
  /** By the name of the model. A model without a price costs nothing. */
  prices: v.optional(v.record(v.pipe(v.string(), v.minLength(1), v.maxLength(120)), Price)),
  /** What to do when a budget is used up, in this order, each where it can be done. Absent: `local`, then `message`. */
  whenSpent: v.optional(
    v.pipe(
      v.array(v.picklist(['smaller-model', 'local', 'message'], 'smaller-model, local or message')),
      v.maxLength(3),
      v.check((steps) => new Set(steps).size === steps.length, 'each step once'),
    ),
  ),
  /** For `smaller-model`. It may use as much again. */
  smallerModel: v.optional(v.pipe(text(120), v.minLength(1))),
})
export type Budgets = v.InferOutput<typeof Budgets>

export const Features = v.strictObject({
  chat: v.optional(v.boolean()),
  voice: v.optional(v.boolean()),
  rooms: v.optional(v.boolean()),
  uploads: v.optional(v.boolean()),
  handoff: v.optional(v.boolean()),
  /** What the page registers may be used by the assistant, where the visitor agrees. */
  tools: v.optional(v.boolean()),
  /** A soft sound for what comes while nobody looks, until the visitor chooses otherwise. */
  sound: v.optional(v.boolean()),
})

export const AppConfig = v.strictObject({
  /** What the model is told before anything else. Never shown to a visitor. */
  systemPrompt: v.optional(text(8_000)),
  /** `local` quotes the sources and needs no key; anything else is a model name at the provider. */
  model: v.optional(v.pipe(text(120), v.minLength(1, 'the name of a model'))),
  temperature: v.optional(between(0, 2)),
  maxOutputTokens: v.optional(whole(1, 32_000)),
  /** Earlier questions and answers that go into the prompt. */
  historyTurns: v.optional(whole(0, 20)),
  /** Whether the sources are searched at all. */
  retrieval: v.optional(v.boolean()),
  /** Passages of the sources that go into the prompt. */
  passages: v.optional(whole(0, 20)),
  theme: v.optional(v.partial(v.strictObject(Theme.entries))),
  /**
   * Said to every visitor, whatever their language: a title in English stands over a panel in Arabic. What is meant for one
   * language belongs into `wordsByLocale`; what is said in neither the widget says in the visitor's own.
   */
  words: v.optional(Words),
  /**
   * In one language, by its BCP 47 tag, and what `words` have not besides. `pt-BR` goes before `pt`, and both before what is said to
   * every visitor.
   */
  wordsByLocale: v.optional(
    v.pipe(
      v.record(Locale, LocalWords),
      v.check((all) => Object.keys(all).length <= 50, 'at most 50 languages'),
    ),
  ),
  features: v.optional(Features),
  suggestedQuestions: v.optional(SuggestedQuestions),
  /**
   * Offers what the visitor might ask next after each answer: `local` the suggested questions that were not asked yet, a model what
   * it thinks of. Absent: only `local` does.
   */
  followUps: v.optional(v.boolean()),
  preChat: v.optional(
    v.pipe(
      v.array(PreChatField),
      v.maxLength(10, 'at most 10 fields'),
      v.check((fields) => new Set(fields.map((it) => it.name)).size === fields.length, 'each name once'),
    ),
  ),
  businessHours: v.optional(BusinessHours),
  /** Conversations older than this are erased. Absent: they are kept. */
  retentionDays: v.optional(whole(1, 3_650)),
  budgets: v.optional(Budgets),
  /** The language of the widget, whatever the visitor's is. */
  locale: v.optional(Locale),
})
export type AppConfig = v.InferOutput<typeof AppConfig>
