/** What is asked before the first message: asked of the server once something waits for it, and never again once it is said. */
import { isFault } from '@aside/protocol'
import { computed, shallowRef, watch } from 'vue'
import { useChat } from '../stores/chat.ts'
import { usePanel } from '../stores/panel.ts'
import { type Answers, asDetails, type Field } from './fields.ts'
import * as routes from './routes.ts'

export function useIntroduction() {
  const chat = useChat()
  const panel = usePanel()
  const asked = shallowRef<readonly Field[]>([])
  /** It could not be found out what is asked. */
  const isUnknown = shallowRef(false)
  /** What was sent once more because nothing seemed to be asked any longer. */
  const sentAgain = new Set<string>()

  /** What the server did not take, for something is asked since it was thought that all was said. */
  const refused = computed(() =>
    chat.waiting.filter(({ status, error }) => status === 'failed' && error?.code === 'details_required'),
  )
  const held = computed(
    () =>
      refused.value.length > 0 ||
      (!chat.state.introduced &&
        (panel.settings?.preChat.length ?? 0) > 0 &&
        chat.waiting.some(({ conversationId }) => conversationId === undefined)),
  )

  function introduce(): void {
    const again = refused.value
    chat.core.introduce()
    for (const { clientId } of again) chat.core.resend(clientId)
  }

  async function ask(): Promise<void> {
    isUnknown.value = false
    try {
      const { asked: fields } = await chat.core.call(routes.readDetails, {})
      asked.value = fields
      if (fields.length > 0) return
      const again = refused.value.map(({ clientId }) => clientId)
      // Once for each: two servers that do not agree on what is asked would have it sent for ever.
      if (again.some((it) => sentAgain.has(it))) isUnknown.value = true
      else introduce()
      for (const it of again) sentAgain.add(it)
    } catch {
      isUnknown.value = true
    }
  }

  watch(
    () => held.value && chat.ready,
    (now) => now && void ask(),
    { immediate: true },
  )

  return {
    /** Under the owner's labels for the visitor's language. */
    asked: computed(() =>
      held.value ? asked.value.map((it) => ({ ...it, label: panel.words.preChat?.[it.name] ?? it.label })) : [],
    ),
    isUnknown: computed(() => held.value && isUnknown.value),
    async ask() {
      sentAgain.clear()
      await ask()
    },
    /** Resolves with the names of the fields that were not taken, none where all is well. Rejects with a `Fault`. */
    async say(answers: Answers): Promise<string[]> {
      try {
        await chat.core.call(routes.saveDetails, { body: { details: asDetails(asked.value, answers) } })
        introduce()
        return []
      } catch (error) {
        if (!isFault(error) || error.code !== 'invalid_input') throw error
        const names = (error.issues ?? []).map(({ path }) => path.replace('body.details.', ''))
        // Something else is asked by now.
        await ask()
        return names
      }
    },
  }
}
