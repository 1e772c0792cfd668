/** The texts of all running answers: each shown to the readers of one topic, a frame at a time. */
import type { Topic } from './reader.ts'
import { createFrames, type RunningText } from './running-text.ts'

interface Parts {
  topicOf: (visitorId: string) => Topic
  /** Lets a topic go that nobody reads and nothing is written in. */
  release: (topic: Topic) => void
}

export function createTexts({ topicOf, release }: Parts) {
  let running = 0
  const frames = createFrames<Topic>(
    (topic) => {
      for (const reader of topic.readers) reader.flush()
    },
    () => running,
  )

  return {
    /** A topic is gone. */
    forget: (topic: Topic): void => frames.forget(topic),

    open(visitorId: string, messageId: string, attempt: number): RunningText {
      let topic = topicOf(visitorId)
      running++
      let open = true
      const text = {
        messageId,
        attempt,
        text: '',
        append(piece: string) {
          const isFirst = text.text === ''
          text.text += piece
          if (topic.readers.size === 0) return
          // Its first words wait for no frame.
          if (isFirst) frames.now(topic)
          else frames.mark(topic)
        },
        flush() {
          for (const reader of topic.readers) reader.flush()
        },
        moveTo(other: string) {
          if (!open) return
          leave()
          topic = topicOf(other)
          topic.texts.set(messageId, text)
          if (topic.readers.size > 0) frames.mark(topic)
        },
        close() {
          if (!open) return
          open = false
          running--
          leave()
        },
      }
      function leave(): void {
        topic.texts.delete(messageId)
        for (const reader of topic.readers) reader.forget(messageId)
        release(topic)
      }
      topic.texts.set(messageId, text)
      for (const reader of topic.readers) reader.begin(messageId)
      return text
    },
  }
}
