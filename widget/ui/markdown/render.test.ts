import type { Citation } from '@aside/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { h, render as draw } from 'vue'
import { createBlocks } from './blocks.ts'
import { render } from './render.ts'

const citation = (number: number): Citation => ({
  number,
  sourceId: `src_${'0'.repeat(26)}`,
  title: 'Delivery',
  name: 'docs/delivery.md',
  headingPath: [],
  excerpt: '',
})

function drawn(markdown: string, { citations = [] as Citation[], onCite = (_number: number) => {} } = {}) {
  const context = {
    citations,
    onCite,
    words: { source: (number: number, title: string) => `Source ${number}: ${title}`, image: 'Image' },
  }
  const nodes = createBlocks()
    .update(markdown)
    .flatMap(({ token }) => render(token, context))
  const place = document.createElement('div')
  draw(h('div', nodes), place)
  return place.firstElementChild!
}

const links = (markdown: string) =>
  [...drawn(markdown).querySelectorAll('a')].map((a) => [a.getAttribute('href'), a.textContent])

describe('links', () => {
  it.each([
    ['[a](https://x.example/p?q=1#h)', 'https://x.example/p?q=1#h'],
    ['[a](http://x.example)', 'http://x.example/'],
    ['[a](mailto:a@x.example)', 'mailto:a@x.example'],
    ['[a](tel:+4312345)', 'tel:+4312345'],
    ['<https://x.example>', 'https://x.example/'],
    ['see https://x.example.', 'https://x.example/'],
    ['[a](https://x.example/?a=1&amp;b=2)', 'https://x.example/?a=1&b=2'],
  ])('of an allowed scheme lead out, in a tab of their own: %s', (markdown, href) => {
    const [link] = drawn(markdown).querySelectorAll('a')
    expect(link?.getAttribute('href')).toBe(href)
    expect(link?.getAttribute('target')).toBe('_blank')
    expect(link?.getAttribute('rel')).toBe('noopener noreferrer nofollow ugc')
  })

  it.each([
    '[a](javascript:alert(1))',
    '[a](JaVaScRiPt:alert(1))',
    '[a](java&#115;cript:alert(1))',
    '[a](&#x6A;avascript:alert(1))',
    '[a](\tjavascript:alert(1))',
    '[a](java\nscript:alert(1))',
    '[a](<java\tscript:alert(1)>)',
    '[a](data:text/html,<script>alert(1)</script>)',
    '[a](vbscript:x)',
    '[a](blob:https://x.example/1)',
    '[a](file:///etc/passwd)',
    '[a](intent://x#Intent;end)',
    '[a](//x.example)',
    '[a](/relative)',
    '[a](relative.md)',
    '[a](#hash)',
    '[a](https:///)',
    '[a](http://)',
    '<javascript:alert(1)>',
    '[a][1]\n\n[1]: javascript:alert(1)',
    '![a](javascript:alert(1))',
  ])('of any other kind are only words: %s', (markdown) => {
    expect(drawn(markdown).querySelector('a')).toBe(null)
  })

  it('say where they lead when their words claim another address', () => {
    expect(links('[bank.example](https://thief.example/x)')).toEqual([
      ['https://thief.example/x', 'bank.example (thief.example)'],
    ])
    expect(links('[https://bank.example/login](https://thief.example)')[0]?.[1]).toContain('(thief.example)')
    expect(links('[bank。example](https://thief.example)')[0]?.[1]).toContain('(thief.example)')
  })

  it('say nothing when the address is the one they claim, or none', () => {
    expect(links('[www.bank.example/a](https://bank.example/b)')[0]?.[1]).toBe('www.bank.example/a')
    expect(links('[our terms](https://bank.example)')[0]?.[1]).toBe('our terms')
    expect(links('https://bank.example/a.b')[0]?.[1]).toBe('https://bank.example/a.b')
  })
})

describe('HTML and images', () => {
  it.each([
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    'a <b onclick="x()">b</b> c',
    '<svg/onload=alert(1)>',
    '<iframe src="https://x.example"></iframe>',
    '<style>*{display:none}</style>',
    '</div></body>',
    '<!-- hidden -->',
  ])('is shown as it was written: %s', (markdown) => {
    const element = drawn(markdown)
    expect(element.textContent?.trim()).toBe(markdown)
    expect(element.querySelector('script,img,svg,iframe,style,b')).toBe(null)
  })

  it('breaks the line at <br>, and nowhere else', () => {
    expect(drawn('a<br>b<BR/>c<br x>').querySelectorAll('br').length).toBe(2)
  })

  it('never loads an image, and says where it is', () => {
    const element = drawn('![the *plan*](https://x.example/pixel.png "t")')
    expect(element.querySelector('img')).toBe(null)
    expect(element.querySelector('a.chip')?.textContent).toBe('Image · the *plan* · x.example')
    expect(drawn('![](data:image/png;base64,AAAA)').textContent).toBe('Image · data')
  })

  it('draws only elements and attributes that are on the list, whatever the text', () => {
    const elements =
      'p,blockquote,strong,em,del,h3,h4,h5,h6,hr,br,code,ul,ol,li,div,table,thead,tbody,tr,th,td,a,span,button'
    const attributes = 'dir,class,href,target,rel,start,tabindex,type,title,aria-label'.split(',')
    const piece = fc.constantFrom(
      ...'<a href="javascript:x">|<img src=x>|[x](|javascript:x)|**|_|~~|`|\n\n|\n|- |1. |> |# |<|>|"|onload=|&lt;|&#60;|[1]|| |a'.split(
        '|',
      ),
      '|',
      '|-|-|\n',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        // Code blocks are a component of their own, with a test of their own.
        fc.pre(!/```|~~~/.test(pieces.join('')))
        for (const element of drawn(pieces.join(''), { citations: [citation(1)] }).querySelectorAll('*')) {
          expect(elements.split(',')).toContain(element.localName)
          for (const { name } of element.attributes) expect(attributes).toContain(name)
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('citations', () => {
  it('become chips that open their source, also inside other marks', () => {
    const opened: number[] = []
    const element = drawn('True [1], **very [2]**.\n\n- [1][2]', {
      citations: [citation(1), citation(2)],
      onCite: (number) => opened.push(number),
    })
    const chips = [...element.querySelectorAll('button')]
    expect(chips.map((chip) => chip.textContent)).toEqual(['1', '2', '1', '2'])
    expect(chips[0]?.getAttribute('aria-label')).toBe('Source 1: Delivery')
    chips[1]?.click()
    expect(opened).toEqual([2])
  })

  it('stay text where there is no such source, in code, and as a link', () => {
    const element = drawn('a [7] `[1]` [1](https://x.example)', { citations: [citation(1)] })
    expect(element.querySelector('button')).toBe(null)
    expect(element.textContent).toBe('a [7] [1] 1')
  })
})

describe('text', () => {
  it('has its character references resolved, once', () => {
    expect(drawn('a &amp; b &lt;c&gt; &#8364; &nbsp;| &amp;lt;').textContent).toBe('a & b <c> € \u00a0| &lt;')
  })

  it('keeps snake_case, prices and arithmetic as they are', () => {
    expect(drawn('snake_case_word 2*3*4 $5 5 * 6').textContent).toBe('snake_case_word 234 $5 5 * 6')
  })

  it('runs as its own letters say', () => {
    const element = drawn('مرحبا\n\n- hello\n  - nested')
    expect(element.querySelector('p')?.getAttribute('dir')).toBe('auto')
    expect([...element.querySelectorAll('ul')].map((list) => list.getAttribute('dir'))).toEqual(['auto', null])
  })
})
