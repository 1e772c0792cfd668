/** What the turn loop needs of a model: text out as it comes, and an honest end. */
import type { FinishReason, ToolDefinition, Usage } from '@aside/protocol'

/** A tool the model wants to be used. */
export interface AskedCall {
  /** The model's own name for the call. */
  id: string
  name: string
  /** A JSON object, as the model wrote it. */
  arguments: string
}

export type PromptMessage =
  | { role: 'system'; content: string }
  | {
      role: 'user'
      content: string
      /** Beside the text, as `data:` URLs. What a model cannot see it refuses. */
      images?: string[]
    }
  | { role: 'assistant'; content: string; toolCalls?: AskedCall[] }
  | { role: 'tool'; content: string; toolCallId: string }

export interface Prompt {
  /** The model's name at its provider, e.g. `gpt-5-mini`. */
  model: string
  messages: PromptMessage[]
  /** What the model may ask for. Only a provider's model does. */
  tools?: ToolDefinition[]
  /** The passages of the app's own sources, numbered as the answer cites them: `passages[0]` is `[1]`. */
  passages: { title: string; headingPath: string[]; text: string }[]
  maxOutputTokens: number
  temperature?: number
}

export interface Completion {
  /** What the model itself gave as its reason; an end without one is a fault, never a completion. */
  finishReason: FinishReason
  /** Absent where the provider does not count. */
  usage?: Usage
  /** What it wants to be done before it goes on; never empty. */
  toolCalls?: AskedCall[]
  /** The model that answered, as it names itself. */
  model: string
}

export interface Model {
  readonly name: string
  /**
   * Streams one answer: `onText` gets each piece in order, never an empty one, and never again after the promise settles.
   * Rejects with a `Fault` (`upstream_*`, `output_too_long`, or `aborted` when `signal` fired); text given until then stands.
   * `onWaiting` tells that a retry before the first text waits that many milliseconds.
   */
  generate(
    prompt: Prompt,
    onText: (text: string) => void,
    signal: AbortSignal,
    onWaiting?: (retryAfterMs: number) => void,
  ): Promise<Completion>
}
