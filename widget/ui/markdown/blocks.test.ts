import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createBlocks } from './blocks.ts'

const documents: Record<string, string> = {
  prose: 'One paragraph.\n\nAnother one\nover two lines.\n\n# Heading\n\nThe end',
  'a heading that is none': 'a\n#1 is not a heading\n# but this is\n',
  'a rule that is bold': 'a\n***bold***\n***\nb',
  'a table that is none': 'a\n| x |\n|-y\n\nb',
  'a table after a paragraph': 'a\n\n| x | y |\n|---|:-:|\n| 1 | 2 |\n| 3 | `a\\|b` |\n\nb',
  'loose and nested lists':
    '1. one\n\n   more\n\n   - a\n   - b\n\n     c\n2. two\n\n   ```sh\n   npm i\n   ```\n\n3. three\n\ntext',
  'two lists': '- a\n- b\n\n* c\n* d\n\n1) e',
  'a fence inside a fence': '````md\n```js\n1\n```\n````\nafter\n~~~\nopen to the end\n',
  'setext and lazy lines': 'Title\n=====\n\n> quoted\nlazy\n\nb\n---\n- c\nlazy\n',
  html: '<div>\n\n*a*\n\n</div>\n\n<!-- c -->\n\n<pre>\n\nb\n',
  'carriage returns': 'a\r\n\r\nb\rc\r\n\r\n- d\r\n- e\r\n',
  'reference definitions': 'see [a] and [b][c]\n\n[a]: https://x.example\n\n[c]: https://y.example\n',
  'indented code': 'a\n\n    code\n\n    more\nb\n\n\tc\n',
}

const tree = (text: string) => createBlocks().update(text)

/** The tree after the text has come in these pieces. */
function grown(pieces: readonly string[]) {
  const blocks = createBlocks()
  let text = ''
  for (const piece of pieces) blocks.update((text += piece))
  return blocks.update(text)
}

describe('a growing text', () => {
  for (const [name, text] of Object.entries(documents))
    it(`ends as the same tree when it comes character by character: ${name}`, () => {
      expect(grown([...text])).toEqual(tree(text))
    })

  it('ends as the same tree however it is cut', () => {
    const line = fc.oneof(
      fc.constantFrom(...Object.values(documents).flatMap((text) => text.split('\n'))),
      fc.constantFrom(
        '',
        '  ',
        '- a',
        '  - b',
        '    c',
        '> d',
        '```',
        '| e | f |',
        '|---|---|',
        '[g]: https://h.example',
        '==',
      ),
    )
    fc.assert(
      fc.property(fc.array(line, { maxLength: 14 }), fc.array(fc.nat(200), { maxLength: 12 }), (lines, cuts) => {
        const text = lines.join('\n')
        const at = [0, ...cuts.filter((cut) => cut < text.length).sort((a, b) => a - b), text.length]
        const pieces = at.slice(1).map((end, nth) => text.slice(at[nth], end))
        expect(grown(pieces)).toEqual(tree(text))
      }),
      { numRuns: 400 },
    )
  })

  it('keeps a closed block the same object for ever', () => {
    const blocks = createBlocks()
    const text = Array.from({ length: 30 }, (_, nth) => `Paragraph ${nth} with **words**.\n\n- item ${nth}\n\n`).join(
      '',
    )
    const firstSeen = new Map<number, unknown>()
    let changes = 0
    for (let end = 1; end <= text.length; end++) {
      const now = blocks.update(text.slice(0, end))
      for (const block of now.slice(0, -2)) {
        if (firstSeen.has(block.index) && firstSeen.get(block.index) !== block) changes++
        firstSeen.set(block.index, block)
      }
    }
    expect(firstSeen.size).toBeGreaterThan(50)
    expect(changes).toBe(0)
  })

  it('starts again from nothing when it becomes another text', () => {
    const blocks = createBlocks()
    blocks.update('first\n\nsecond\n\nthird')
    expect(blocks.update('other\n\ntext')).toEqual(tree('other\n\ntext'))
  })

  it('is the same array while nothing changes', () => {
    const blocks = createBlocks()
    expect(blocks.update('a')).toBe(blocks.update('a'))
  })
})

describe('a hostile text', () => {
  const hostile: Record<string, string> = {
    'quotes in quotes': '>'.repeat(5_000) + ' a',
    'lists in lists': Array.from({ length: 400 }, (_, depth) => `${' '.repeat(2 * depth)}- a`).join('\n'),
    'markers in one line': '- '.repeat(3_000) + 'a',
    emphasis: '*a _b '.repeat(4_000),
    stars: '*'.repeat(20_000),
    brackets: '['.repeat(20_000),
    'link halves': '[a]('.repeat(5_000),
    'image halves': '![a]('.repeat(5_000),
    backticks: '`a``b'.repeat(4_000),
    angles: '<a '.repeat(8_000),
    pipes: `|${'a|'.repeat(3_000)}\n|${'-|'.repeat(3_000)}\n|${'b|'.repeat(3_000)}`,
    'an endless line': 'a'.repeat(200_000),
    'an endless fence': '```\n' + 'a\n'.repeat(60_000),
    'many blocks': 'a\n\n'.repeat(5_000),
    tildes: '~~a'.repeat(5_000),
    addresses: 'https://a.b/?'.repeat(4_000),
  }
  for (const [name, text] of Object.entries(hostile))
    it(`is done in no time: ${name}`, () => {
      const before = performance.now()
      const raw = tree(text)
        .map(({ token }) => token.raw)
        .join('')
      expect(performance.now() - before).toBeLessThan(2_000)
      expect(raw.replace(/\s/g, '').length).toBe(text.replace(/\s/g, '').length)
    })
})
