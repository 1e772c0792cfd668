/** The public face: what a user interface asks of the widget's core, whoever the visitor is by now. */
import { Fault, type PageContext, type ToolDefinition } from '@aside/protocol'
import type { ContextChange } from '../sdk.ts'
import { ask, claimsOf, readable, type Vouching } from './identity.ts'
import { failureOf } from './loading.ts'
import { createPlaces, placeOf } from './place.ts'
import type { Proof } from './session.ts'
import { createSettingsCache } from './settings-cache.ts'
import { signOut } from './sign-out.ts'
import type { State } from './state.ts'
import type { Backing } from './storage.ts'
import { type PersonMessage, tellPlace } from './tabs.ts'
import { createVisit, type SentWith, type Visit } from './visit.ts'

export interface CoreOptions {
  /** Where the server is, without a slash at the end. Empty: the page's own origin. */
  baseUrl: string
  appId: string
  /** Who the visitor is, as the page says. Absent: nobody in particular. */
  identity?: Vouching | undefined
  /** Somebody has left: nothing that is on the screen is the next one's. */
  onLeft?: (() => void) | undefined
  /** Default: the page's `localStorage`; memory where that is blocked. */
  storage?: Backing | undefined
  fetch?: typeof fetch | undefined
  /** Milliseconds, for what waits in the outbox. Default `Date.now`. */
  now?: (() => number) | undefined
}

export interface Core extends Omit<Visit, 'person' | 'end' | 'send'> {
  /** Along with what the page says and offers by then. */
  send(text: string, more?: SentWith): void
  /**
   * What the page says of where the visitor is, beside what it said before; it goes with every message from now on. Whoever
   * leaves takes it along. What the server does not take is said in the console, and the message goes without. Throws where it is
   * no JSON.
   */
  setContext(change: ContextChange): void
  /** What the page can do for the assistant from now on, in place of before. It goes with every message where the app has it. */
  setTools(tools: readonly ToolDefinition[]): void
  /**
   * The page says who the visitor is. The same person as before: only the newer token is kept. Nobody before: what was said so
   * far becomes theirs. Somebody else before: nothing of them is left here. Before `start` nothing is requested. Never rejects.
   */
  identify(how: Vouching): Promise<void>
  /**
   * Ends the session and wipes what this browser stored; starts clean where it was started. Other tabs follow. `isErased`: the
   * server has ended the session already, with everything else.
   */
  logout(isErased?: boolean): void
  /** Who has signed in (`sub`); nothing: nobody in particular. */
  person(): string | undefined
  /** After the connection ended: all over again, with what is stored. */
  restart(): Promise<void>
}

const personOf = (token: string | undefined) => (token === undefined ? undefined : claimsOf(token)?.sub)
const overtaken = () => new Fault('aborted', 'The page has said meanwhile that it is somebody else')

export function createCore({ baseUrl, appId, identity = {}, onLeft, storage, fetch, now }: CoreOptions): Core {
  const places = createPlaces(appId, storage)
  const settings = createSettingsCache(baseUrl, appId, storage)
  const listeners = new Set<(state: State) => void>()
  let { getToken } = identity
  /** The page's latest word. */
  let word = readable(identity.token)
  /** Whoever speaks later is right, and what was asked before is not waited for. */
  let turn = 0
  let context: PageContext | undefined
  let tools: ToolDefinition[] | undefined
  let visible = false
  let closed = false
  let started: Promise<void> | undefined
  let unsubscribe = () => {}

  let visit = open(personOf(word))

  function open(person: string | undefined): Visit {
    const next = createVisit({
      baseUrl,
      appId,
      person,
      proof: person === undefined ? undefined : proofOf(person),
      store: places.storeOf(person),
      settings: settings.read(),
      onPerson: follow,
      fetch,
      now,
    })
    unsubscribe = next.subscribe((state) => {
      settings.write(state.settings)
      listeners.forEach((listener) => listener(state))
    })
    next.setVisible(visible)
    return next
  }

  function proofOf(person: string): Proof {
    return {
      async token(fresh) {
        if (word !== undefined && personOf(word) !== person) throw overtaken()
        if (word !== undefined && !fresh) return word
        if (!getToken) return undefined
        const mine = turn
        const token = await ask(getToken)
        if (mine === turn) word = token
        if (word !== undefined && personOf(word) === person) return word
        // The page has another visitor by now, or none: not within this one's session.
        if (mine === turn) become(personOf(word))
        throw overtaken()
      },
      before: () => places.storeOf().get('token'),
      merged: () => places.wipe(),
    }
  }

  function reopen(person: string | undefined): void {
    unsubscribe()
    visit.close()
    visit = open(person)
    listeners.forEach((listener) => listener(visit.getState()))
  }

  /** From here on this is `person`. `isTold`: by another tab, which has done what is to be done once. */
  function become(person: string | undefined, isTold = false): void {
    const { person: before } = visit
    if (person === undefined) return leave(isTold)
    unsubscribe()
    visit.close()
    if (!isTold) tellPlace(placeOf(appId, before), { type: 'person', person, token: word })
    if (before === undefined) places.adopt(person)
    else if (!isTold) dismiss(before)
    reopen(person)
    if (started) started = enter()
    if (before === undefined) return
    context = undefined
    onLeft?.()
  }

  /** Nothing of anybody is left here. */
  function leave(isTold = false, isErased = false): void {
    turn++
    const before = places.storeOf().get('token')
    word = getToken = context = undefined
    unsubscribe()
    visit.close()
    if (isErased) places.storeOf(visit.person).set('token', undefined)
    if (!isTold) {
      const everybody = new Set([undefined, visit.person, ...places.people()])
      // Before others hear of it: they begin anew at once, and what they begin with must not be wiped.
      everybody.forEach(dismiss)
      for (const person of everybody) tellPlace(placeOf(appId, person), { type: 'person' })
    }
    reopen(undefined)
    if (started) started = isTold ? enterAfter(before) : enter()
    onLeft?.()
  }

  /** Whoever leaves begins anew at once, for all tabs, unless the page goes elsewhere: then another tab has to. */
  async function enterAfter(before: string | undefined): Promise<void> {
    const mine = turn
    for (let tries = 0; tries < 20 && [undefined, before].includes(places.storeOf().get('token')); tries++)
      await new Promise((resolve) => setTimeout(resolve, 50))
    if (mine !== turn) return
    // By now it is seen here, too, that nothing of them is left.
    reopen(undefined)
    return enter()
  }

  function dismiss(person: string | undefined): void {
    signOut(places.storeOf(person).get('token'), { baseUrl, fetch })
    places.wipe(person)
  }

  function follow({ person, token }: PersonMessage): void {
    if (person === undefined) return leave(true)
    turn++
    word = token
    become(person, true)
  }

  async function enter(): Promise<void> {
    const { person } = visit
    if (person !== undefined) {
      // Who was here before and did not say that they leave is gone, now that somebody else is here.
      for (const other of places.people().filter((it) => it !== person)) {
        tellPlace(placeOf(appId, other), { type: 'person', person, token: word })
        dismiss(other)
      }
      if (places.adopt(person)) reopen(visit.person)
    }
    return visit.start()
  }

  /** Asks the page where it has not said yet. Resolves with false where it was overtaken. */
  async function hear(): Promise<boolean> {
    if (word !== undefined || !getToken) return true
    const mine = ++turn
    const token = await ask(getToken)
    if (mine !== turn || closed) return false
    word = token
    return true
  }

  async function begin(): Promise<void> {
    try {
      if (!(await hear())) return
    } catch (error) {
      return visit.end(failureOf(error))
    }
    if (closed) return
    const person = personOf(word)
    if (person === visit.person) {
      if (visit.getState().connection === 'ended') reopen(visit.person)
      return enter()
    }
    become(person)
    await started
  }

  return {
    get store() {
      return visit.store
    },
    getState: () => visit.getState(),
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    start: () => (started ??= begin()),
    async identify({ token, getToken: next }) {
      turn++
      getToken = next
      word = readable(token)
      if (!started) return
      started = begin()
      await started
    },
    person: () => visit.person,
    logout: (isErased) => leave(false, isErased),
    restart() {
      reopen(visit.person)
      return (started = begin())
    },
    openConversation: (id) => visit.openConversation(id),
    send(text, more) {
      const offered = visit.getState().settings?.features.tools ? tools : undefined
      visit.send(text, more, context || offered ? { context, tools: offered } : undefined)
    },
    setContext(change) {
      context = JSON.parse(JSON.stringify({ ...context, ...change }), (_, it) => it ?? undefined)
    },
    setTools(next) {
      tools = next[0] && JSON.parse(JSON.stringify(next))
    },
    perform: (work) => visit.perform(work),
    resend: (clientId, asNew) => visit.resend(clientId, asNew),
    discard: (clientId) => visit.discard(clientId),
    stop: () => visit.stop(),
    regenerate: (messageId) => visit.regenerate(messageId),
    introduce: () => visit.introduce(),
    call: (route, input) => visit.call(route, input),
    loadEarlier: () => visit.loadEarlier(),
    loadMoreConversations: () => visit.loadMoreConversations(),
    setVisible(next) {
      visible = next
      visit.setVisible(next)
    },
    close() {
      closed = true
      turn++
      unsubscribe()
      listeners.clear()
      visit.close()
    },
  }
}
