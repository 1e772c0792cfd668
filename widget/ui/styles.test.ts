import { globSync } from 'node:fs'
import { basename } from 'node:path'
import { expect, it } from 'vitest'
import { part as files } from './attach/part.ts'
import Launcher from './chrome/Launcher.ce.vue'
import { course } from './course/part.ts'
import { firstScreen } from './first-screen.ts'
import { answer, part } from './markdown/part.ts'
import { cssOf } from './styles.ts'
import { conversations, feedback, passage, tool } from './views/part.ts'

/** Drawn by a part that comes later, and styled by it. */
const later = {
  Launcher: { css: cssOf({ Launcher }) },
  AnswerBubble: answer,
  AnswerActions: answer,
  SourceList: answer,
  Markdown: part,
  CodeBlock: part,
  Conversations: conversations,
  SearchResults: conversations,
  PassageView: passage,
  FeedbackForm: feedback,
  Attach: files,
  UploadCard: files,
  Thumbnail: files,
  SentFiles: files,
  FileCard: files,
  Enlarged: files,
  Course: course,
  EndOfTalk: course,
  FieldForm: course,
  LeaveForm: course,
  Offers: course,
  RatingCard: course,
  Desk: course,
  ToolCard: tool,
}

it('every component with styles brings them into the shadow root', () => {
  const names = globSync('**/*.ce.vue', { cwd: import.meta.dirname }).map((file) => basename(file, '.ce.vue'))
  expect(names.sort()).toEqual([...Object.keys(firstScreen), ...Object.keys(later)].sort())
  expect(cssOf(firstScreen)).toContain(':host')
  for (const { css } of Object.values(later)) expect(css).not.toBe('')
})
