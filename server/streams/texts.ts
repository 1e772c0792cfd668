/** The texts of all running answers: each shown to the readers of one topic, a frame at a time. */
import type { Topic } from './reader.ts'
import { createFrames, type RunningText } from './running-text.ts'

interface Parts {
  topicOf: (visitorId: string) => Topic
  /** Lets a topic go that nobody reads and nothing is written in. */
  release: (topic: Topic) => void
}

interface OpenText extends RunningText {
  text: string
  moveTo(visitorId: string): void
  end(): void
}

export function createTexts({ topicOf, release }: Parts) {
  /** By message: from the moment in which an answer is begun to that in which nobody writes it any more. */
  const open = new Map<string, OpenText>()
  const frames = createFrames<Topic>(
    (topic) => {
      for (const reader of topic.readers) reader.flush()
    },
    () => open.size,
  )

  return {
    /** A topic is gone. */
    forget: (topic: Topic): void => frames.forget(topic),

    /** From now on another visitor's readers are told of it. */
    move: (messageId: string, to: string): void => open.get(messageId)?.moveTo(to),

    /**
     * Its end was told, or is about to be: from here on nobody is told of the text, also where that has not begun. Whoever ended it
     * need not be who writes it.
     */
    end: (messageId: string): void => open.get(messageId)?.end(),

    open(visitorId: string, messageId: string, attempt: number): RunningText {
      let visitor = visitorId
      /** Where it is shown; undefined before and after. */
      let topic: Topic | undefined
      let state: 'hidden' | 'shown' | 'ended' = 'hidden'
      const text: OpenText = {
        messageId,
        attempt,
        text: '',
        append(piece) {
          const isFirst = text.text === ''
          text.text += piece
          if (!topic || topic.readers.size === 0) return
          // Its first words wait for no frame.
          if (isFirst) frames.now(topic)
          else frames.mark(topic)
        },
        show() {
          if (state !== 'hidden') return
          state = 'shown'
          const shown = enter()
          for (const reader of shown.readers) reader.begin(messageId)
          if (text.text !== '' && shown.readers.size > 0) frames.now(shown)
        },
        flush() {
          for (const reader of topic?.readers ?? []) reader.flush()
        },
        moveTo(other) {
          visitor = other
          if (state !== 'shown') return
          leave()
          const there = enter()
          if (there.readers.size > 0) frames.mark(there)
        },
        end() {
          state = 'ended'
          leave()
        },
        close() {
          text.end()
          if (open.get(messageId) === text) open.delete(messageId)
        },
      }
      function enter(): Topic {
        topic = topicOf(visitor)
        topic.texts.set(messageId, text)
        return topic
      }
      function leave(): void {
        const left = topic
        topic = undefined
        if (!left) return
        left.texts.delete(messageId)
        for (const reader of left.readers) reader.forget(messageId)
        release(left)
      }
      open.set(messageId, text)
      return text
    },
  }
}
