import { globSync } from 'node:fs'
import { basename } from 'node:path'
import { expect, it } from 'vitest'
import { part as files } from './attach/part.ts'
import Launcher from './chrome/Launcher.ce.vue'
import { course } from './course/part.ts'
import { firstScreen } from './first-screen.ts'
import { answer, part } from './markdown/part.ts'
import { cssOf } from './styles.ts'
import { place } from './place/part.ts'
import { conversations, feedback, home, passage, tool } from './views/part.ts'
import { messages } from './views/messages-part.ts'
import { settings } from './views/settings-part.ts'

/** Drawn by a part that comes later, and styled by it. */
const later = {
  Messages: messages,
  VisitorBubble: messages,
  OutboxBubble: messages,
  TypingBubble: messages,
  NoteBubble: messages,
  Launcher: { css: cssOf({ Launcher }) },
  AnswerBubble: answer,
  AnswerActions: answer,
  SourceList: answer,
  Markdown: part,
  CodeBlock: part,
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
