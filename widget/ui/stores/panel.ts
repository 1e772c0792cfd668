/** What of the widget is on the screen: open or not, which view, in which words and colours. */
import type { Citation } from '@aside/protocol'
import { defineStore } from 'pinia'
import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import type { Look } from '../options.ts'
import { useSetup } from '../setup.ts'
import { accents, DEFAULT_PRIMARY } from '../theme.ts'
import { chooseLocale, directionOf, en, type KnownWords, loadWords } from '../words/index.ts'
import { useChat } from './chat.ts'

export interface OpenPassage {
  readonly messageId: string
  readonly citation: Citation
  /** Its number on the screen. */
  readonly shown: number
}

function useSystemScheme() {
  const query = globalThis.matchMedia?.('(prefers-color-scheme: dark)')
  const dark = ref(query?.matches ?? false)
  const change = (event: MediaQueryListEvent) => (dark.value = event.matches)
  query?.addEventListener('change', change)
  onScopeDispose(() => query?.removeEventListener('change', change))
  return dark
}

export const usePanel = defineStore('panel', () => {
  const { options, tell } = useSetup()
  const chat = useChat()
  const systemDark = useSystemScheme()
  const mode = options.value.mode ?? 'floating'

  const open = ref(options.value.open ?? mode !== 'floating')
  /** How often it was opened by somebody, and not by itself: only then it takes the focus. */
  const asked = ref(0)
  const view = ref<'thread' | 'conversations' | 'passage'>('thread')
  const passage = shallowRef<OpenPassage>()
  const draft = ref('')
  /** The question that is being said anew, and what was being written before. */
  const editing = shallowRef<{ id: string; before: string }>()
  const loadedWords = shallowRef<KnownWords>(en)

  const settings = computed(() => chat.state.settings)
  const locale = computed(() => {
    const own = Object.keys(settings.value?.wordsByLocale ?? {})
    return chooseLocale([options.value.locale, settings.value?.locale, ...navigator.languages], own)
  })
  /** The owner's words for this language before those for any, and both before the widget's own. */
  const words = computed(() => {
    const { words: any = {}, wordsByLocale = {} } = settings.value ?? {}
    const wish = locale.value.toLowerCase()
    const own = Object.entries(wordsByLocale).map(([tag, its]) => ({ tag: tag.toLowerCase(), its }))
    const of = (tag: string) => own.find((it) => it.tag === tag)?.its
    return { ...loadedWords.value, ...any, ...of(wish.split('-')[0]!), ...of(wish) }
  })
  const scheme = computed(() => {
    const wish = options.value.theme ?? settings.value?.theme.scheme ?? 'auto'
    return wish === 'auto' ? (systemDark.value ? 'dark' : 'light') : wish
  })
  const look = computed<Look>(() => ({
    color: primary.value,
    position: options.value.position ?? settings.value?.theme.position ?? 'right',
    zIndex: options.value.zIndex ?? settings.value?.theme.zIndex ?? 2_147_483_000,
    radius: settings.value?.theme.radius ?? 18,
  }))
  const primary = computed(() => options.value.primary ?? settings.value?.theme.primary ?? DEFAULT_PRIMARY)

  watch(
    locale,
    async (wish) => {
      const loaded = await loadWords(wish)
      if (locale.value === wish) loadedWords.value = loaded
    },
    { immediate: true },
  )

  watch(look, (now, before) => {
    if (JSON.stringify(now) !== JSON.stringify(before)) tell('look', now)
  })
  // What was begun belongs to who began it.
  watch(
    () => chat.left,
    () => {
      draft.value = ''
      editing.value = undefined
      passage.value = undefined
      view.value = 'thread'
    },
    { flush: 'sync' },
  )

  // It is a question of that conversation, and of no other.
  watch(
    () => chat.state.current.clientId ?? chat.state.current.id,
    () => stopEditing(),
  )
  function stopEditing(): void {
    if (!editing.value) return
    draft.value = editing.value.before
    editing.value = undefined
  }

  function show(next: boolean): void {
    if (next) asked.value++
    if (open.value === next || (mode === 'inline' && !next)) return
    open.value = next
    tell(next ? 'open' : 'close', undefined)
  }

  return {
    mode,
    open,
    asked,
    view,
    passage,
    draft,
    editing,
    words,
    locale,
    scheme,
    primary,
    settings,
    /** Does the app take messages? */
    writable: computed(() => settings.value?.features.chat !== false),
    direction: computed(() => directionOf(locale.value)),
    look,
    accents: computed(() => accents(primary.value, scheme.value)),
    title: computed(() => words.value.title),
    show,
    toggle: () => show(!open.value),
    showPassage(next: OpenPassage) {
      passage.value = next
      view.value = 'passage'
    },
    edit(question: { id: string; text: string }) {
      editing.value = { id: question.id, before: editing.value?.before ?? draft.value }
      draft.value = question.text
    },
    stopEditing,
    newConversation() {
      void chat.open()
      view.value = 'thread'
    },
    /** One step out: of a view into the thread, of the thread to the page. */
    back() {
      if (view.value === 'thread') show(false)
      else view.value = 'thread'
    },
  }
})
