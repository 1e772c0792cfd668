/** A prompt as the body of `POST /chat/completions`. */
import type { ChatCompletionCreateParamsStreaming, ChatCompletionMessageParam } from 'openai/resources/chat/completions'
import type { Prompt, PromptMessage } from './model.ts'

/** OpenAI's newer models refuse `max_tokens`; many compatible servers know nothing else. */
const namesCompletionTokens = /^https:\/\/([a-z0-9-]+\.)*(openai\.com|openai\.azure\.com)(\/|$)/i

export function chatRequest(prompt: Prompt, baseUrl: string): ChatCompletionCreateParamsStreaming {
  return {
    model: prompt.model,
    messages: prompt.messages.map(chatMessage),
    ...(namesCompletionTokens.test(baseUrl)
      ? { max_completion_tokens: prompt.maxOutputTokens }
      : { max_tokens: prompt.maxOutputTokens }),
    ...(prompt.temperature !== undefined && { temperature: prompt.temperature }),
    ...(prompt.tools && { tools: prompt.tools.map((it) => ({ type: 'function' as const, function: it })) }),
    stream: true,
    stream_options: { include_usage: true },
  }
}

function chatMessage(message: PromptMessage): ChatCompletionMessageParam {
  if (message.role === 'tool') return { role: 'tool', tool_call_id: message.toolCallId, content: message.content }
  if (message.role !== 'assistant' || !message.toolCalls) return message
  const { role, content, toolCalls } = message
  const calls = toolCalls.map(({ id, name, arguments: given }) => ({
    id,
    type: 'function' as const,
    function: { name, arguments: given },
  }))
  return { role, content: content === '' ? null : content, tool_calls: calls }
}
