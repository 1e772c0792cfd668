/** The messages of one conversation: put in order, kept from going back in time, shown with what has streamed in. */
import type { Message } from '@aside/protocol'
import type { Draft, Thread } from './state.ts'

type Drafts = Readonly<Record<string, Draft>>

/** An answer's attempt; people's messages have only one. */
export const attemptOf = (message: Message): number => message.attempt ?? 1

/** With the text that has streamed in, as long as it is of the same attempt. */
export function shown(message: Message, drafts: Drafts): Message {
  const draft = message.status === 'streaming' ? drafts[message.id] : undefined
  if (!draft || draft.attempt !== attemptOf(message) || draft.text === message.text) return message
  return { ...message, text: draft.text }
}

/** In order, and of several answers to one message the last, with those that led to it: the others are superseded. */
export function arrange(messages: readonly Message[]): Message[] {
  const answers = new Map<string, number>()
  for (const { author, replyTo, seq } of messages)
    if (author === 'assistant' && replyTo) answers.set(replyTo, Math.max(seq, answers.get(replyTo) ?? 0))
  return messages
    .filter(({ author, replyTo, seq, status, toolCalls }) => {
      if (status === 'superseded') return false
      return author !== 'assistant' || !replyTo || toolCalls || answers.get(replyTo) === seq
    })
    .sort((a, b) => a.seq - b.seq)
}

/** A message is new or changed. What is older than what is there already changes nothing: an attempt, an end undone. */
export function withMessage(thread: Thread, message: Message, drafts: Drafts): Thread {
  if (message.conversationId !== thread.id) return thread
  const known = thread.messages.find(({ id }) => id === message.id)
  if (known) {
    const attempts = attemptOf(message) - attemptOf(known)
    if (attempts < 0 || (attempts === 0 && message.status === 'streaming' && known.status !== 'streaming'))
      return thread
  }
  const others = thread.messages.filter((other) => other !== known)
  return { ...thread, messages: arrange([...others, shown(message, drafts)]) }
}

/** The draft of one message has changed. */
export function redrawn(thread: Thread, messageId: string, drafts: Drafts): Thread {
  const at = thread.messages.findIndex(({ id }) => id === messageId)
  const known = thread.messages[at]
  const message = known && shown(known, drafts)
  return message && message !== known ? { ...thread, messages: thread.messages.with(at, message) } : thread
}

/**
 * Of what was fetched, what holds by now. `fresh`: the page is at least as new as all that was folded in since `before`;
 * otherwise what has changed since is newer than the page. Either way, what came in since stays, and what has gone stays away.
 */
export function reconcile<T extends { id: string }>(
  { before, now, fetched }: { before: readonly T[]; now: readonly T[]; fetched: readonly T[] },
  fresh: boolean,
): T[] {
  const then = new Map(before.map((it) => [it.id, it]))
  const current = new Map(now.map((it) => [it.id, it]))
  const pages = new Set(fetched.map(({ id }) => id))
  const kept = fetched.flatMap((it) => {
    const mine = current.get(it.id)
    if (mine === then.get(it.id)) return [mine && JSON.stringify(mine) === JSON.stringify(it) ? mine : it]
    return mine ? [fresh ? it : mine] : []
  })
  return [...kept, ...now.filter((it) => !pages.has(it.id) && then.get(it.id) !== it)]
}
