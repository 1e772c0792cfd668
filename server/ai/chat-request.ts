/** A prompt as the body of `POST /chat/completions`. */
import type { ChatCompletionCreateParamsStreaming } from 'openai/resources/chat/completions'
import type { Prompt } from './model.ts'

/** OpenAI's newer models refuse `max_tokens`; many compatible servers know nothing else. */
const namesCompletionTokens = /^https:\/\/([a-z0-9-]+\.)*(openai\.com|openai\.azure\.com)(\/|$)/i

export function chatRequest(prompt: Prompt, baseUrl: string): ChatCompletionCreateParamsStreaming {
  return {
    model: prompt.model,
    messages: prompt.messages,
    ...(namesCompletionTokens.test(baseUrl)
      ? { max_completion_tokens: prompt.maxOutputTokens }
      : { max_tokens: prompt.maxOutputTokens }),
    ...(prompt.temperature !== undefined && { temperature: prompt.temperature }),
    stream: true,
    stream_options: { include_usage: true },
  }
}
