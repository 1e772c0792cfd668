/** What the assistant of most tests knows: little, and by heart. */
import type { Document } from '../seed.ts'

/** The sentence an answer about the tag rests on. */
export const tagSentence =
  'Paste one script tag before the end of the body and the bubble appears in the corner of every page that carries it.'

export const documents: Document[] = [
  {
    name: 'docs/embed.md',
    text: `# Embedding

## With the script tag

${tagSentence}

The tag loads nothing else until a visitor points at the bubble.

## As an element

Import the module and write the element where the chat shall stand in the flow of the page.
`,
  },
  {
    name: 'docs/running.md',
    text: `# Running

## Backups

Copy the database file while the server runs: the write-ahead log keeps the copy whole.
`,
  },
]

export const tagQuestion = 'Where do I paste the script tag?'
