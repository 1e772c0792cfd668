/** Answers of the scripted model that ask the page to do something: what they ask for stands in the model's name. */
import { callPieces, event } from './completion-chunks.ts'
import type { Reply } from './model-reply.ts'

/** In how many pieces arguments come: short ones, so that every word is cut somewhere. */
const PIECE_CHARS = 3

/** What the tools gave since the last question, in their order. */
function resultsIn({ request: { messages } }: Reply): string[] {
  const asked = messages.findLastIndex((it) => it.role === 'user')
  return messages.flatMap(({ role, content }, at) => (role === 'tool' && at > asked ? [String(content)] : []))
}

/** Calls of one answer, streamed side by side. */
export async function callTools(reply: Reply, calls: { name: string; given: string }[]): Promise<void> {
  await reply.begin()
  for (const piece of callPieces(reply.model, calls, PIECE_CHARS)) reply.write(event(piece))
  await reply.finish('tool_calls')
}

/**
 * `calls:find_order({"id":7})&page_title({})` asks for these; given their results it says them. After `calls-ever:` it asks again
 * and again, for as long as it is offered tools; after `calls-then-text:` it says something first.
 */
export async function calls(reply: Reply): Promise<void> {
  const [, how, script = ''] = /^calls(-ever|-then-text)?:([^#]*)/.exec(reply.model) ?? []
  const results = resultsIn(reply)
  const isOffered = (reply.request.tools ?? []).length > 0
  if (isOffered && (results.length === 0 || how === '-ever')) {
    if (how === '-then-text') await reply.words('Let me look.')
    const wanted = script.split('&').map((it) => /^(\w+)\((.*)\)$/s.exec(it))
    return callTools(
      reply,
      wanted.map((it) => ({ name: it?.[1] ?? '', given: it?.[2] ?? '' })),
    )
  }
  await reply.words(results.length === 0 ? 'I can do nothing here.' : `The page gave: ${results.join(' | ')}`)
  await reply.finish()
}
