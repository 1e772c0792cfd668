import { globSync } from 'node:fs'
import { basename } from 'node:path'
import { expect, it } from 'vitest'
import { firstScreen } from './first-screen.ts'
import { answer, part } from './markdown/part.ts'
import { cssOf } from './styles.ts'
import { conversations, feedback, passage, tool } from './views/part.ts'

/** Drawn by a part that comes later, and styled by it. */
const later = {
  AnswerBubble: answer,
  AnswerActions: answer,
  SourceList: answer,
  Markdown: part,
  CodeBlock: part,
  Conversations: conversations,
  SearchResults: conversations,
  PassageView: passage,
  FeedbackForm: feedback,
  ToolCard: tool,
}

it('every component with styles brings them into the shadow root', () => {
  const names = globSync('**/*.ce.vue', { cwd: import.meta.dirname }).map((file) => basename(file, '.ce.vue'))
  expect(names.sort()).toEqual([...Object.keys(firstScreen), ...Object.keys(later)].sort())
  expect(cssOf(firstScreen)).toContain(':host')
  for (const { css } of Object.values(later)) expect(css).not.toBe('')
})
