/** A prompt as the body of `POST /chat/completions`. */
import type { ChatCompletionCreateParamsStreaming, ChatCompletionMessageParam } from 'openai/resources/chat/completions'
import type { Prompt } from './model.ts'

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
    stream: true,
    stream_options: { include_usage: true },
  }
}

type Message = Prompt['messages'][number]

function messageOf({ role, content, images = [] }: Message): ChatCompletionMessageParam {
  if (role !== 'user' || images.length === 0) return { role, content }
  const seen = images.map((url) => ({ type: 'image_url' as const, image_url: { url } }))
  return { role, content: [{ type: 'text', text: content }, ...seen] }
}

export const hasImages = ({ messages }: Prompt): boolean => messages.some(({ images = [] }) => images.length > 0)

/** The same for a model that sees no images: it is told that there were some. */
export const withoutImages = (prompt: Prompt): Prompt => ({
  ...prompt,
  messages: prompt.messages.map(({ images = [], ...message }) =>
    images.length === 0 ? message : { ...message, content: `${message.content}\n\n(You cannot see the images.)` },
  ),
})
