import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { h, isVNode, type VNode } from 'vue'
import { createBlocks } from './blocks.ts'
import CodeBlock from './CodeBlock.ce.vue'
import { imageHost, safeHref } from './links.ts'
import { render } from './render.ts'

const elements = new Set(
  'p blockquote strong em del h3 h4 h5 h6 hr br code ul ol li div table thead tbody tr th td a span button'.split(' '),
)
const attributes = new Set('dir class href target rel start tabindex type title aria-label'.split(' '))
const classes = new Set(['scroll', 'chip', 'host', 'cite', 'center', 'right', 'left'])
const schemes = new Set(['http:', 'https:', 'mailto:', 'tel:'])

const isCite = ({ type, props }: VNode) => type === 'button' && props?.['class'] === 'cite'

/** What a browser would be made to do that it must not, in words. */
function dangers(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(dangers)
  if (!isVNode(node)) return typeof node === 'string' ? [] : [`is a ${typeof node}`]
  const { type, props, children } = node
  if (type === CodeBlock) {
    const isPlain = typeof props?.['text'] === 'string' && /^[\w+#.-]*$/.test(props['lang'] ?? '')
    return isPlain ? [] : ['a code block of something else']
  }
  if (typeof type !== 'string' || !elements.has(type)) return [`<${String(type)}>`]
  const found = Object.entries(props ?? {}).flatMap(([name, value]) => {
    if (value === undefined || (name === 'onClick' && isCite(node))) return []
    if (!attributes.has(name)) return [`<${type} ${name}>`]
    if (name === 'class') return classes.has(value) ? [] : [`class ${value}`]
    if (name !== 'href') return typeof value === 'string' || typeof value === 'number' ? [] : [`${name} is no text`]
    return schemes.has(new URL(value).protocol) && props?.['rel']?.includes('noopener') ? [] : [`leads to ${value}`]
  })
  return [...found, ...(children === null ? [] : dangers(children))]
}

const citation = {
  number: 1,
  sourceId: `src_${'0'.repeat(26)}`,
  title: '"><img src=x onerror=window.__ran=1>',
  name: 'javascript:window.__ran=1',
  headingPath: [],
  excerpt: '',
}
const context = {
  citations: [citation],
  onCite: () => {},
  words: { source: (number: number, title: string) => `Source ${number}: ${title}`, image: 'Image' },
}
const file = join(import.meta.dirname, '../../../protocol/fixtures/hostile-texts.json')
const texts = Object.entries<string>(JSON.parse(readFileSync(file, 'utf8')))

describe('a hostile text', () => {
  it('is one of a hundred and fifty and more, all different', () => {
    expect(new Set(texts.map(([, text]) => text)).size).toBeGreaterThanOrEqual(150)
  })

  it('would be noticed', () => {
    expect(dangers(h('img', { src: 'x' }))).toEqual(['<img>'])
    expect(dangers(h('p', { innerHTML: '<b>' }))).toEqual(['<p innerHTML>'])
    expect(dangers(h('div', [h('a', { href: 'javascript:x', rel: 'noopener' })]))).toEqual(['leads to javascript:x'])
    expect(dangers(h('p', { onClick: () => {} }))).toEqual(['<p onClick>'])
  })

  it.for(texts)('is drawn as text and harmless elements, wherever it is cut: %s', ([, text]) => {
    const growing = createBlocks()
    for (let end = 0; end <= text.length; end++) {
      const cut = text.slice(0, end)
      const drawn = growing.update(cut).flatMap(({ token }) => render(token, context))
      expect(dangers(drawn), JSON.stringify(cut)).toEqual([])
    }
  })

  it.for(texts)('is as harmless when its beginning is cut away: %s', ([, text]) => {
    for (let start = 0; start < text.length; start++) {
      const cut = text.slice(start)
      const drawn = createBlocks()
        .update(cut)
        .flatMap(({ token }) => render(token, context))
      expect(dangers(drawn), JSON.stringify(cut)).toEqual([])
    }
  })

  it.for(texts)('as an address leads nowhere but to a host or a mailbox: %s', ([, text]) => {
    for (let end = 0; end <= text.length; end++) {
      const href = safeHref(text.slice(0, end))
      if (href !== undefined) expect(schemes).toContain(new URL(href).protocol)
      expect(imageHost(text.slice(0, end))).not.toMatch(/[<>"\s]/)
    }
  })
})
