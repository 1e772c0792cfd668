/** A prompt as the body of `POST /chat/completions`. */
import type { ChatCompletionCreateParamsStreaming, ChatCompletionMessageParam } from 'openai/resources/chat/completions'
import type { Prompt, PromptMessage } from './model.ts'

/** OpenAI's newer models refuse `max_tokens`; many compatible servers know nothing else. */
const namesCompletionTokens = /^https:\/\/([a-z0-9-]+\.)*(openai\.com|openai\.azure\.com)(\/|$)/i

export function chatRequest(prompt: Prompt, baseUrl: string): ChatCompletionCreateParamsStreaming {
  return {
    model: prompt.model,
    messages: prompt.messages.map(messageOf),
    ...(namesCompletionTokens.test(baseUrl)
      ? { max_completion_tokens: prompt.maxOutputTokens }
      : { max_tokens: prompt.maxOutputTokens }),
    ...(prompt.temperature !== undefined && { temperature: prompt.temperature }),
    ...(prompt.tools && { tools: prompt.tools.map((it) => ({ type: 'function' as const, function: it })) }),
    stream: true,
    stream_options: { include_usage: true },
  }
}

function messageOf(message: PromptMessage): ChatCompletionMessageParam {
  if (message.role === 'tool') return { role: 'tool', tool_call_id: message.toolCallId, content: message.content }
  if (message.role === 'system') return message
  if (message.role === 'user') {
    const { role, content, images = [] } = message
    const seen = images.map((url) => ({ type: 'image_url' as const, image_url: { url } }))
    return { role, content: seen.length === 0 ? content : [{ type: 'text', text: content }, ...seen] }
  }
  const { role, content, toolCalls } = message
  if (!toolCalls) return { role, content }
  const calls = toolCalls.map(({ id, name, arguments: given }) => ({
    id,
    type: 'function' as const,
    function: { name, arguments: given },
  }))
  return { role, content: content === '' ? null : content, tool_calls: calls }
}

const imagesOf = (message: PromptMessage): string[] => (message.role === 'user' && message.images) || []

export const hasImages = ({ messages }: Prompt): boolean => messages.some((it) => imagesOf(it).length > 0)

/** The same for a model that sees no images: it is told that there were some. */
export const withoutImages = (prompt: Prompt): Prompt => ({
  ...prompt,
  messages: prompt.messages.map((it) =>
    imagesOf(it).length === 0 ? it : { role: 'user', content: `${it.content}\n\n(You cannot see the images.)` },
  ),
})
