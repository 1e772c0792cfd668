import type { Settings } from '@aside/protocol'

export const settings: Settings = {
  appId: `app_${'0'.repeat(26)}`,
  name: 'Demo',
  protocolVersion: 1,
  theme: { primary: '#3355ff', scheme: 'auto', position: 'right' },
  words: { title: 'Ask us', greeting: 'Hello', placeholder: 'Your question' },
  suggestedQuestions: [],
  maxMessageChars: 8_000,
}
