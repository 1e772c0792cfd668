import { globSync } from 'node:fs'
import { basename } from 'node:path'
import { expect, it } from 'vitest'
import { firstScreen } from './first-screen.ts'
import { actions, part, sources } from './markdown/part.ts'
import { cssOf } from './styles.ts'
import { place } from './place/part.ts'
import { conversations, feedback, home, passage } from './views/part.ts'
import { settings } from './views/settings-part.ts'

/** Drawn by a part that comes later, and styled by it. */
const later = {
  Markdown: part,
  CodeBlock: part,
  SourceList: sources,
  AnswerActions: actions,
  Home: home,
  ConversationRow: home,
  Settings: settings,
  ChoiceGroup: settings,
  DataSettings: settings,
  PlaceGrips: place,
  Conversations: conversations,
  SearchResults: conversations,
  PassageView: passage,
  FeedbackForm: feedback,
}

it('every component with styles brings them into the shadow root', () => {
  const names = globSync('**/*.ce.vue', { cwd: import.meta.dirname }).map((file) => basename(file, '.ce.vue'))
  expect(names.sort()).toEqual([...Object.keys(firstScreen), ...Object.keys(later)].sort())
  expect(cssOf(firstScreen)).toContain(':host')
  for (const { css } of Object.values(later)) expect(css).not.toBe('')
})
