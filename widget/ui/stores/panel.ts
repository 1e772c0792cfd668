/** What of the widget is on the screen: open or not, which view, in which words and colours. */
import type { Attachment, Citation, ErrorCode } from '@aside/protocol'
import { defineStore } from 'pinia'
import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import { openPreferences, type Preferences } from '../../core/index.ts'
import type { Look } from '../options.ts'
import { useSetup } from '../setup.ts'
import { accents, DEFAULT_PRIMARY } from '../theme.ts'
import { chooseLocale, directionOf, explain, firstWords, isBuiltIn, loadWords } from '../words/index.ts'
import { useChat } from './chat.ts'

export interface OpenPassage {
  readonly messageId: string
  readonly citation: Citation
  /** Its number on the screen. */
  readonly shown: number
}

function useMedia(media: string) {
  const query = globalThis.matchMedia?.(media)
  const matches = ref(query?.matches ?? false)
  const change = (event: MediaQueryListEvent) => (matches.value = event.matches)
  query?.addEventListener('change', change)
  onScopeDispose(() => query?.removeEventListener('change', change))
  return matches
}

export type View = 'thread' | 'home' | 'conversations' | 'settings' | 'passage'

/** A conversation in which nothing happened for so long is not what somebody comes back for. */
const OVER_MS = 30 * 60_000

export const usePanel = defineStore('panel', () => {
  const { options, tell, adopt, storage } = useSetup()
  const chat = useChat()
  const systemDark = useMedia('(prefers-color-scheme: dark)')
  const wantsContrast = useMedia('(prefers-contrast: more)')
  const forcesColors = useMedia('(forced-colors: active)')
  const stored = openPreferences(options.value.appId, storage)
  const preferences = shallowRef(stored.read())
  onScopeDispose(stored.watch(() => (preferences.value = stored.read())))
  const mode = options.value.mode ?? 'floating'
  const closable = mode === 'floating' || mode === 'frame'

  const open = ref(options.value.open ?? mode !== 'floating')
  /** The page has taken it off the screen. */
  const hidden = ref(false)
  /** How often it was opened by somebody, and not by itself: only then it takes the focus. */
  const asked = ref(0)
  const view = ref<View>('thread')
  /** The views that led to this one. */
  let trail: View[] = []
  /** Somebody comes to the conversations to look for something. */
  const seeks = ref(false)
  const passage = shallowRef<OpenPassage>()
  const draft = ref('')
  /** The question that is being said anew, and what was being written before. */
  const editing = shallowRef<{ id: string; before: string }>()
  /** What is attached to what is being written: `take` gives those that are there, once. */
  const files = shallowRef<{ isBusy: boolean; isReady: boolean; take(): Attachment[] }>()
  const loadedWords = shallowRef(firstWords)

  /** Told of when they are others, and not for every word of an answer: every bubble on the screen hangs on them. */
  const settings = shallowRef(chat.state.settings)
  watch(
    () => chat.state.settings,
    (now) => (settings.value = now),
    { flush: 'sync' },
  )
  const locale = computed(() => {
    const own = Object.keys(settings.value?.wordsByLocale ?? {})
    return chooseLocale(
      [preferences.value.locale, options.value.locale, settings.value?.locale, ...navigator.languages],
      own,
    )
  })
  /** The owner's words for this language before those for any, and both before the widget's own. */
  const words = computed(() => {
    const { words: any, wordsByLocale = {}, suggestedQuestions } = settings.value ?? {}
    const wish = locale.value.toLowerCase()
    const own = Object.entries(wordsByLocale).map(([tag, its]) => ({ tag: tag.toLowerCase(), its }))
    const of = (tag: string) => own.find((it) => it.tag === tag)?.its
    return { ...loadedWords.value, suggestedQuestions, ...any, ...of(wish.split('-')[0]!), ...of(wish) }
  })
  const scheme = computed(() => {
    const wish = preferences.value.theme ?? options.value.theme ?? settings.value?.theme.scheme ?? 'auto'
    return wish === 'dark' || (wish !== 'light' && systemDark.value) ? 'dark' : 'light'
  })
  const look = computed<Look>(() => ({
    color: primary.value,
    position: options.value.position ?? settings.value?.theme.position ?? 'right',
    zIndex: options.value.zIndex ?? settings.value?.theme.zIndex ?? 2_147_483_000,
    radius: settings.value?.theme.radius ?? 18,
  }))
  const primary = computed(() => options.value.primary ?? settings.value?.theme.primary ?? DEFAULT_PRIMARY)

  async function loadAll(): Promise<void> {
    const wish = locale.value
    const loaded = await loadWords(wish)
    if (locale.value === wish) loadedWords.value = loaded
  }
  // What the first screen does not say waits until that stands.
  watch(
    () => !isBuiltIn(locale.value) || chat.ready || chat.state.error || view.value !== 'thread',
    (isWanted) => isWanted && void loadAll(),
    { immediate: true },
  )
  watch(locale, () => void loadAll())

  watch(
    () => wantsContrast.value || forcesColors.value,
    (it) => it && import('../contrast.ts').then(({ css }) => adopt(css)),
    { immediate: true },
  )
  // What was begun belongs to who began it.
  watch(
    () => chat.left,
    () => {
      draft.value = ''
      editing.value = undefined
      passage.value = undefined
      home()
    },
    { flush: 'sync' },
  )

  const hasEarlier = computed(() => chat.state.conversations.some(({ lastSeq }) => lastSeq > 0))
  /** Is there something on the screen that somebody is in the middle of? */
  function isBusy(): boolean {
    const { running, current } = chat.state
    return (
      draft.value !== '' ||
      running !== undefined ||
      chat.waiting.length > 0 ||
      Date.now() - Date.parse(current.conversation?.updatedAt ?? '') < OVER_MS
    )
  }
  // Who comes back to what is long over, or to nothing yet, begins at home. Asked once each time it is opened.
  let isAsked = false
  watch([open, () => chat.state, () => chat.ready], () => {
    const { current } = chat.state
    const isKnown = current.id ? current.conversation : chat.ready
    if (open.value && (isAsked || !isKnown)) return
    isAsked = open.value
    if (isAsked && view.value === 'thread' && trail.length === 0 && (hasEarlier.value || current.id) && !isBusy())
      home('home')
  })

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

  /** Further in; to a view that led here, back to it. */
  function go(next: View, seeking = false): void {
    seeks.value = seeking
    if (next === view.value) return
    const at = trail.indexOf(next)
    trail = at < 0 ? [...trail, view.value] : trail.slice(0, at)
    view.value = next
  }
  /** To a view that nothing led to. */
  function home(next: View = 'thread'): void {
    trail = []
    seeks.value = false
    view.value = next
  }

  function show(next: boolean): void {
    if (next) {
      asked.value++
      hidden.value = false
    }
    if (open.value === next || (!closable && !next)) return
    open.value = next
    tell(next ? 'open' : 'close', undefined)
  }

  return {
    mode,
    closable,
    /** Does it bring one of its own? */
    launcher: mode === 'floating' && (options.value.launcher ?? true) === true,
    open,
    hidden,
    asked,
    view,
    passage,
    draft,
    editing,
    files,
    words,
    loadWords: loadAll,
    /** What went wrong, in words. */
    explain: (code: ErrorCode) => explain(words.value, code),
    locale,
    scheme,
    primary,
    settings,
    /** Does the app take messages, and the conversation on the screen? */
    writable: computed(
      () => settings.value?.features.chat !== false && chat.state.current.conversation?.status !== 'closed',
    ),
    direction: computed(() => directionOf(locale.value)),
    look,
    accents: computed(() => accents(primary.value, scheme.value, wantsContrast.value ? 7.1 : undefined)),
    title: computed(() => words.value.title),
    show,
    toggle: () => show(!open.value),
    showPassage(next: OpenPassage) {
      passage.value = next
      go('passage')
    },
    edit(question: { id: string; text: string }) {
      editing.value = { id: question.id, before: editing.value?.before ?? draft.value }
      draft.value = question.text
    },
    stopEditing,
    newConversation() {
      void chat.open()
      go('thread')
    },
    go,
    home,
    /** One step out: to the view that led here, or to the page. */
    back() {
      const last = trail.pop()
      if (last) view.value = last
      else show(false)
    },
    /** One step out within the panel. */
    up() {
      const last = trail.pop()
      if (last) view.value = last
      else home(view.value === 'thread' ? 'home' : 'thread')
    },
    preferences,
    /** What is `undefined` is as if it had never been chosen. */
    prefer(change: Preferences) {
      preferences.value = { ...stored.read(), ...change }
      stored.write(preferences.value)
    },
    /** Does a message that nobody saw come make a sound? Only where the visitor or the owner wants it. */
    hasSound: computed(() => preferences.value.sound ?? settings.value?.features.sound ?? false),
    hasEarlier,
    seeks,
  }
})
