import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { plainWords } from './plain-words.ts'

describe('what a Markdown text says', () => {
  it.for<[string, string]>([
    ['> You can **return** it [1].', 'You can return it.'],
    ['# Returns\n\nWithin *30 days*:\n\n- by post\n- in a shop', 'Returns Within 30 days: by post in a shop'],
    ['See [our terms](https://x.example/a_b) or <https://x.example>', 'See our terms or https://x.example'],
    ['1. `npm ci`\n2. ~~never~~ always', 'npm ci never always'],
    ['| a | b |\n|---|---|\n| 1 | **2** |', 'a b 1 2'],
    ['Run:\n\n```sh\nnpm ci\n```\n\nThen go.', 'Run: npm ci Then go.'],
    ['![the plan](https://x.example/p.png)', 'the plan'],
    ['snake_case, 2 * 3 * 4 and a\\*b', 'snake_case, 2 * 3 * 4 and a*b'],
    ['- [x] done\n  - > deep', 'done deep'],
    ['Both are true [1, 2] [3].', 'Both are true.'],
    ['> > twice\n\n---\n\nend', 'twice end'],
    ['', ''],
  ])('%j reads %j', ([markdown, words]) => {
    expect(plainWords(markdown)).toBe(words)
  })

  const file = join(import.meta.dirname, '../../protocol/fixtures/hostile-texts.json')
  it.for(Object.entries<string>(JSON.parse(readFileSync(file, 'utf8'))))(
    'is one line that can be stored, of a hostile text, too: %s',
    ([, text]) => {
      const words = plainWords(text)
      expect(words.isWellFormed()).toBe(true)
      expect(words.length).toBeLessThanOrEqual(2_000)
      expect(words).not.toMatch(/\n/)
    },
  )
})
