import type { Settings } from '@aside/protocol'

export const settings: Settings = {
  appId: `app_${'0'.repeat(26)}`,
  name: 'Demo',
  protocolVersion: 1,
  theme: { primary: '#3355ff', radius: 16, fontScale: 1, scheme: 'auto', position: 'right', zIndex: 2_147_483_000 },
  words: { title: 'Ask us', greeting: 'Hello', placeholder: 'Your question' },
  wordsByLocale: {},
  features: { chat: true, voice: false, rooms: false, uploads: false, handoff: false, tools: false },
  suggestedQuestions: [],
  preChat: [],
  maxMessageChars: 8_000,
}
