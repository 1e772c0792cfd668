import { describe, expect, it } from 'vitest'
import { FULL, MOST } from './chunk.ts'
import { readSource, type ReadSource } from './read-source.ts'
import { atOnce } from './unhurried.ts'

const read = (name: string, text: string): ReadSource =>
  atOnce(readSource(name, undefined, new TextEncoder().encode(text)))
const places = (source: ReadSource) =>
  source.chunks.map(({ headingPath, anchor, text }) => ({ path: headingPath.join(' > '), anchor, text }))

describe('Markdown', () => {
  it('is cut at its headings, and each passage knows the headings it stands under', () => {
    const source = read(
      'guide.md',
      '# Guide\n\nIntro.\n\n## Install\n\nRun `npm i`.\n\n### On *Windows*\n\nUse WSL.\n\n## Install\n\nAgain.\n',
    )
    expect(source.title).toBe('Guide')
    expect(places(source)).toEqual([
      { path: '', anchor: 'guide', text: 'Intro.' },
      { path: 'Install', anchor: 'install', text: 'Run `npm i`.' },
      { path: 'Install > On Windows', anchor: 'on-windows', text: 'Use WSL.' },
      { path: 'Install', anchor: 'install-1', text: 'Again.' },
    ])
  })

  it('drops front matter, comments, badges and images; of links it keeps the words', () => {
    const source = read(
      'x.md',
      '---\ntitle: "The title"\ntags: [a]\n---\n<!-- hidden\n\nstill hidden -->\n[![Build][b]][l] ![logo](x.png)\n\n' +
        'See [the docs](https://x.example) &amp; [more][l]<!-- no -->.\n\n[b]: https://b.example\n[l]: https://l.example\n',
    )
    expect(source.title).toBe('The title')
    expect(places(source)).toEqual([{ path: '', text: 'See the docs & more.', anchor: undefined }])
  })

  it('keeps lists, tables, and code with the sentence that announces it', () => {
    const [chunk] = read(
      'x.md',
      '- one\n- two\n  - deep\n\n1. first\n\n| A | B |\n|---|---|\n| 1 | **2** |\n\nFor example:\n\n```js\nlet a = 1\n\nlet b\n```\n',
    ).chunks
    expect(chunk!.text).toBe(
      '- one\n- two\n  - deep\n\n1. first\n\n| A | B |\n| --- | --- |\n| 1 | 2 |\n\nFor example:\n\n```js\nlet a = 1\n\nlet b\n```',
    )
  })

  it('reads the HTML in it as HTML', () => {
    const source = read(
      'x.md',
      '<h1 align="center">Name</h1>\n<p>Some <b>words</b>.<script>x()</script></p>\n\nMore.\n',
    )
    expect(source.title).toBe('Name')
    expect(source.chunks[0]!.text).toBe('Some words.\n\nMore.')
  })

  it('takes its title from the folder where the file is only that folder’s front page', () => {
    expect(read('docs/koa/Readme.md', 'Text.').title).toBe('koa')
    expect(read('docs/setup.md', '## Not a title\n\nText.').title).toBe('setup')
  })

  it('divides long sections between paragraphs and sentences, long code between lines, and tables between rows', () => {
    const sentence = (n: number) => `Sentence number ${n} says something of its own.`
    const long = Array.from({ length: 80 }, (_, i) => sentence(i)).join(' ')
    const code = Array.from({ length: 120 }, (_, i) => `  call(${i}, 'argument') // ${i}`).join('\n')
    const rows = Array.from({ length: 90 }, (_, i) => `| row ${i} | the value of ${i} |`).join('\n')
    const { chunks } = read(
      'x.md',
      `# T\n\n${long}\n\n## Code\n\n\`\`\`ts\n${code}\n\`\`\`\n\n## Table\n\n| name | value |\n|---|---|\n${rows}\n`,
    )
    for (const { text } of chunks) expect(text.length).toBeLessThanOrEqual(FULL + 200)
    const of = (heading?: string) => chunks.filter((it) => it.headingPath[0] === heading).map((it) => it.text)
    for (const text of of(undefined)) expect(text).toMatch(/^Sentence.*own\.$/s)
    expect(of(undefined).join(' ').replace(/\s+/g, ' ')).toBe(long)
    for (const text of of('Code')) expect(text).toMatch(/^```ts\n {2}call\([^]*\n```$/)
    for (const text of of('Table')) expect(text).toMatch(/^\| name \| value \|\n\| --- \| --- \|\n\| row/)
    expect(
      of('Table')
        .join('\n')
        .match(/row \d+ /g),
    ).toHaveLength(90)
  })
})

describe('HTML', () => {
  it('is read as a person reads the page: its main part, without scripts, styles and navigation', () => {
    const source = read(
      'page.html',
      `<!doctype html><html><head><title>Page – Site</title><style>p{}</style></head><body><nav><a>Home</a></nav>
      <header><p>Site frame</p></header><main><h1>Page</h1><p>Hello&nbsp;<b>you</b> &amp; me.</p><h2 id="own">Part <a>¶</a></h2>
      <ul><li>one</li><li><p>two</p></li></ul><pre><code class="language-js">let a
  = 1</code></pre><table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2</td></tr></table>
      <script>alert("x")</script><p hidden>secret</p></main><footer>Imprint</footer><p>After</p></body></html>`,
    )
    expect(source.title).toBe('Page – Site')
    expect(places(source)).toEqual([
      { path: '', anchor: 'page', text: 'Hello you & me.' },
      {
        path: 'Part',
        anchor: 'own',
        text: '- one\n- two\n\n```js\nlet a\n  = 1\n```\n\n| A | B |\n| --- | --- |\n| 1 | 2 |',
      },
    ])
  })
})

describe('plain text', () => {
  it('is cut between paragraphs', () => {
    const paragraph = 'A paragraph of a plain text, long enough to fill some room. '.repeat(9).trim()
    const { chunks, title } = read('notes.txt', `${paragraph}\n\n${paragraph}\r\n \r\n# ${paragraph}`)
    expect(title).toBe('notes')
    expect(chunks.map((it) => it.text)).toEqual([paragraph, paragraph, `# ${paragraph}`])
  })
})

describe('text made to hurt', () => {
  const size = 60_000
  const repeated = (part: string) => part.repeat(Math.ceil(size / part.length))
  const hostile = {
    stars: repeated('*a **b '),
    underscores: repeated('_a_b'),
    brackets: '['.repeat(size),
    links: repeated('[a]('),
    quotes: '>'.repeat(size),
    containers: repeated('> - 1. '),
    comments: repeated('<!-- '),
    fences: repeated('```\n'),
    'open tags': repeated('<a href="'),
    tables: `${'|a'.repeat(500)}\n${'|-'.repeat(500)}\n${repeated(`${'|b'.repeat(500)}\n`)}`,
    'one word': 'a'.repeat(size),
    'one Chinese word': '中'.repeat(size),
    'combining marks': `a${'\u0301'.repeat(size)}`,
    'astral letters': '𝒜'.repeat(size),
    blanks: `x${' '.repeat(size)}y`,
    headings: repeated('# a\n'),
    'nested lists': Array.from({ length: 200 }, (_, i) => `${' '.repeat(i)}- a`).join('\n'),
  }
  it.for(Object.entries(hostile))('takes no longer than its size allows: %s', ([, text]) => {
    for (const name of ['x.md', 'x.html', 'x.txt']) {
      const begun = performance.now()
      let chunks: ReadSource['chunks'] = []
      try {
        chunks = read(name, text).chunks
      } catch (error) {
        expect(error).toMatchObject({ code: 'invalid_input' })
      }
      expect(performance.now() - begun).toBeLessThan(5_000)
      for (const chunk of chunks) {
        expect(chunk.text.length).toBeLessThanOrEqual(MOST)
        expect(chunk.text.isWellFormed()).toBe(true)
      }
    }
  })
})
