/** Leaving a message: what is asked for it, which goes into the outbox with it and so survives whatever happens to the page. */
import { computed, shallowRef, watch } from 'vue'
import { useChat } from '../stores/chat.ts'
import type { Answers, Field } from './fields.ts'
import * as routes from './routes.ts'
import { useLaterWords } from '../words/later/index.ts'

/** Is a message on its way, or there already, and nothing said to it yet? */
export function useLeft() {
  const chat = useChat()
  return computed(() => {
    const { conversation, messages } = chat.state.current
    const isLast = messages.at(-1)?.author === 'visitor' && conversation?.handledBy === 'nobody'
    return chat.waiting.some(({ left }) => left) || isLast
  })
}

export function useLeaving() {
  const chat = useChat()
  const words = useLaterWords()
  /** How the visitor can be reached, as far as that is known. */
  const known = shallowRef<Answers>({})

  watch(
    () => chat.ready,
    async (ready) => {
      if (!ready) return
      // Where it cannot be found out it is asked for, and nothing is lost.
      const found = await chat.core.call(routes.readDetails, {}).catch(() => undefined)
      known.value = { ...found?.details, ...found?.signed }
    },
    { immediate: true },
  )

  const text = (answer: string | boolean | undefined) => (typeof answer === 'string' ? answer.trim() : '')
  const email = computed(() => text(known.value['email']))

  return {
    email,
    fields: computed((): Field[] => [
      { name: 'message', label: words.value.yourMessage, type: 'long', required: true },
      ...(email.value ? [] : [{ name: 'email', label: words.value.email, type: 'email' as const, required: true }]),
      ...(text(known.value['name'])
        ? []
        : [{ name: 'name', label: words.value.name, type: 'text' as const, required: false }]),
    ]),
    async say(answers: Answers): Promise<string[]> {
      const [given, name] = [text(answers['email']), text(answers['name'])]
      // Nothing is added to one that has ended.
      if (chat.state.current.conversation?.status === 'closed') await chat.open()
      const left = { ...(given ? { email: given } : {}), ...(name ? { name } : {}) }
      chat.core.send(text(answers['message']), undefined, undefined, left)
      known.value = { ...known.value, ...left }
      void chat.start()
      return []
    },
  }
}
