/** One turn, from its claim to its end: retrieve, ask the model, hand out the text, store the ending. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Citation, type ErrorCode, type Hit, isFault } from '@aside/protocol'
import { CONFIDENT } from '../knowledge/index.ts'
import { reckoningOf } from '../limits/index.ts'
import type { Ending, Offers, TurnLife } from '../conversations/index.ts'
import { type Log, type Scope, storeFault } from '../platform/index.ts'
import type { RunningText, Streams } from '../streams/index.ts'
import type { LiveApp, LiveConfig, Tenancy } from '../tenancy/index.ts'
import { readAttached } from './attached.ts'
import { createFollowUps, offersFollowUps, remainingQuestions } from './follow-ups.ts'
import type { Choice } from './models.ts'
import { buildPrompt, charsOf, citedNumbers, searchQuery } from './prompt.ts'
import { storedCalls } from './tools.ts'

export interface Run {
  readonly tenantId: string
  readonly turnId: string
  conversationId?: string
  text?: RunningText
  /** How much of the text the drafts hold, in UTF-16 code units. */
  stored: number
  /** The draft its text begins in. */
  firstDraft?: number
  readonly control: AbortController
  /** Why it was ended from outside. */
  ended?: 'stopped' | 'interrupted'
  /** The process leaves: no second try at a store that does not answer. */
  hurried?: true
}

export interface RunParts {
  log: Log
  turns: TurnLife
  streams: Streams
  tenancy: Tenancy
  search: (
    scope: Scope,
    query: { appId: string; query: string; limit: number; leastConfidence?: number },
  ) => Promise<Hit[]>
  /** The bytes of a file that a message came with; undefined where it is gone. */
  fileOf: (scope: Scope, fileId: string) => Promise<Uint8Array | undefined>
  /** The model an app answers this visitor with, and the name it is asked for. */
  modelOf: (scope: Scope, app: LiveApp, live: LiveConfig, visitorId: string) => Promise<Choice>
  /** What a turn used is written down. Never rejects. */
  used: (scope: Scope, app: LiveApp, live: LiveConfig, visitorId: string) => Promise<void>
  owner: string
  /** False where another turn of the conversation runs in this process: this one is taken up when that has ended. */
  enter: (run: Run, conversationId: string) => boolean
}

const PASSAGES = 5
const EXCERPT_CHARS = 240
/** For how long a finished answer waits for a store that is busy, full or away. */
const STORE_PATIENCE_MS = 60_000

const citationOf = (hit: Hit, number: number): Citation => ({
  number,
  sourceId: hit.sourceId,
  title: hit.title,
  name: hit.name,
  ...(hit.url === undefined ? {} : { url: hit.url }),
  headingPath: hit.headingPath,
  excerpt: hit.text.length <= EXCERPT_CHARS ? hit.text : `${hit.text.slice(0, EXCERPT_CHARS).toWellFormed()}…`,
})

/** Settles when the turn has ended, one way or another. Never rejects for what the model did. */
export async function runTurn(parts: RunParts, scope: Scope, run: Run): Promise<void> {
  const { turns, streams, tenancy, search, modelOf, owner, log } = parts
  const read = await turns.read(scope, run.turnId)
  if (!read || !parts.enter(run, read.conversation.id)) return
  const app = await tenancy.findApp(read.conversation.appId)
  if (!app) return
  const { visitorId } = read.conversation
  const live = app.configOf(visitorId)
  const { config } = live
  const choice = await modelOf(scope, app, live, visitorId)
  const limit = config.retrieval === false || choice.name === 'message' ? 0 : (config.passages ?? PASSAGES)
  let hits: Hit[] = []
  let unsearched: { error: unknown } | undefined
  try {
    if (limit > 0)
      hits = await search(scope, {
        appId: app.id,
        query: searchQuery(read.history),
        limit,
        // A language model judges the passages itself; `local` can only quote them.
        ...(choice.name === 'local' ? { leastConfidence: CONFIDENT } : {}),
      })
  } catch (error) {
    // The store's trouble passes: the turn stays queued. Anything else would come again, so the answer fails with it.
    if (isFault(storeFault(error))) throw error
    unsearched = { error }
  }
  const { model, name } = hits.length === 0 && choice.orElse ? choice.orElse : choice
  const { history } = read
  const isProvider = model.name === 'openai'
  // The others answer from sources alone.
  const attached = isProvider ? await readAttached(scope, history, parts.fileOf) : undefined
  const prompt = buildPrompt({
    appName: app.name,
    config,
    model: name,
    history,
    hits,
    ...(attached && { attached }),
    isProvider,
    turn: read.turn,
  })
  const reckoning = reckoningOf(config, name, charsOf(prompt))
  const passages = hits.map((hit, i) => ({ citation: citationOf(hit, i + 1), text: hit.text }))
  const begun = await turns.begin(scope, read.turn, {
    owner,
    model: name,
    config: live.number,
    reckoning,
    passages,
  })
  if (!begun) return

  // Before anybody can have ended it: whoever does so now ends this, too.
  const answer = (run.text = streams.openText(begun.turn.visitorId, begun.message.id, begun.turn.attempt))
  const told = begun.stored.then(() => answer.show())
  // Waited for when the model has ended; nobody listens before.
  told.catch(() => {})
  const cited = () => {
    const numbers = citedNumbers(answer.text)
    return passages.map((it) => it.citation).filter((it) => numbers.has(it.number))
  }
  const isOffering = offersFollowUps(config, name)
  const followUps = isOffering && name !== 'local' ? createFollowUps(answer.append) : undefined
  let ending: Ending
  try {
    if (unsearched) throw unsearched.error
    const done = await model.generate(prompt, followUps?.push ?? answer.append, run.control.signal)
    const asked = history.filter((it) => it.author === 'visitor').map((it) => it.text)
    const replies =
      followUps?.end(done.finishReason === 'length') ?? (isOffering ? remainingQuestions(config, asked) : [])
    const calls = storedCalls(done.toolCalls ?? [], prompt.tools, history)
    const isEmpty = answer.text === '' && calls?.length === 0 && (prompt.tools || done.finishReason === 'stop')
    if (isEmpty || !calls)
      ending = { ...failure('upstream_bad_response', answer.text), citations: cited(), usage: done.usage }
    else
      ending = {
        status: 'completed',
        text: answer.text,
        citations: cited(),
        finishReason: done.finishReason,
        usage: done.usage,
        ...(calls.length > 0 ? { toolCalls: calls } : { offers: offersOf(replies, name) }),
      }
  } catch (error) {
    const code: ErrorCode = isFault(error) ? error.code : 'internal'
    if (!isFault(error) || code === 'internal')
      log.error('turn-failed', { turnId: run.turnId, stack: error instanceof Error ? error.stack : String(error) })
    else if (code !== 'aborted')
      log.warn('turn-failed', { turnId: run.turnId, code, reason: String(error.cause ?? '').slice(0, 300) })
    if (code !== 'aborted') ending = failure(code, answer.text)
    else if (run.ended === 'interrupted')
      ending = { ...failure('turn_interrupted', answer.text), status: 'interrupted' }
    else ending = { status: 'stopped', text: answer.text, citations: [] }
    ending.citations = cited()
  }
  try {
    await told
    answer.flush()
    await stored(() => turns.end(scope, begun, ending), run)
  } finally {
    answer.close()
  }
  if (reckoning) await parts.used(scope, app, live, visitorId)
}

/** Tries again while the store says that it may be better later: the answer is there, and would be lost. */
async function stored(write: () => Promise<unknown>, run: Run): Promise<void> {
  const until = performance.now() + STORE_PATIENCE_MS
  for (let waitMs = 100; ; waitMs = Math.min(1_000, waitMs * 2)) {
    try {
      await write()
      return
    } catch (error) {
      if (!isFault(storeFault(error)) || run.hurried || performance.now() > until) throw error
    }
    await sleep(waitMs)
  }
}

const offersOf = (replies: string[], model: string): Offers | undefined =>
  model === 'message' ? { leave: true } : replies.length > 0 ? { replies } : undefined

/** With something to show it was interrupted, with nothing it failed. */
const failure = (errorCode: ErrorCode, text: string): Ending => ({
  status: text === '' ? 'failed' : 'interrupted',
  text,
  citations: [],
  errorCode,
})
