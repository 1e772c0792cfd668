/** What the page can do for an answer: offered to the model, asked for by it, and told to it when it is done. */
import type { ToolDefinition } from '@aside/protocol'
import type { MessageRow, StoredCall } from '../conversations/index.ts'
import { newId } from '../platform/index.ts'
import type { AskedCall, PromptMessage } from './model.ts'

/** How often the page may be asked to do something for one question; after that the model answers with what it has. */
export const MAX_ROUNDS = 5
/** Of what the page gave for one question, in characters: about 12 000 tokens of English. The newest is kept whole. */
const RESULT_CHARS = 48_000

const NO_SUCH_TOOL = 'There is no tool of this name.'
const isUnknown = (call: StoredCall) => call.status === 'failed' && call.result === JSON.stringify(NO_SUCH_TOOL)

/**
 * The calls of an answer as they are stored. One of a tool that was not offered has failed already: the model is told so once.
 * Undefined where it was told before and does it again.
 */
export function storedCalls(
  asked: AskedCall[],
  offered: ToolDefinition[] | undefined,
  rounds: MessageRow[],
): StoredCall[] | undefined {
  // Nothing was offered: whatever it calls, it is not of us.
  if (!offered) return []
  const calls = asked.map((it): StoredCall => {
    const call = { id: newId('toolCall'), modelId: it.id, name: it.name, arguments: it.arguments }
    return offered.some(({ name }) => name === it.name)
      ? { ...call, status: 'asked' }
      : { ...call, status: 'failed', result: JSON.stringify(NO_SUCH_TOOL) }
  })
  const wasTold = rounds.some((it) => it.toolCalls?.some(isUnknown))
  return wasTold && calls.some(isUnknown) ? undefined : calls
}

/** What the model is told of a call: what it gave, or why there is nothing. */
function told({ status, result = 'null' }: StoredCall): string {
  if (status === 'done') return result
  if (status === 'failed') return `{"error":${result}}`
  return JSON.stringify({ error: status === 'declined' ? 'The visitor did not allow this.' : 'It was not done.' })
}

/** The answers so far to the question, each with its calls and what became of them. */
export function roundMessages(rounds: MessageRow[]): PromptMessage[] {
  let room = RESULT_CHARS
  return rounds
    .toReversed()
    .flatMap(({ text, toolCalls }) => {
      const calls = toolCalls ?? []
      const results = calls.toReversed().map((call): PromptMessage => {
        const all = told(call)
        const content = all.length <= room ? all : JSON.stringify({ error: 'Left out: it was too long.' })
        room -= content.length
        return { role: 'tool', toolCallId: call.modelId, content }
      })
      const asked = calls.map((it) => ({ id: it.modelId, name: it.name, arguments: it.arguments }))
      return [...results, { role: 'assistant' as const, content: text, toolCalls: asked }]
    })
    .toReversed()
}
