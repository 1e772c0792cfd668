/** Tokens → Vue nodes. There is no other way from a model's text to the page, and none of it is ever read as HTML. */
import type { Citation } from '@aside/protocol'
import type { Token, Tokens } from 'marked'
import { h, type VNode } from 'vue'
import { MARK, numbersOf, shownAs } from '../citations.ts'
import CodeBlock from './CodeBlock.ce.vue'
import { decode, differingHost, imageHost, safeHref } from './links.ts'

export interface RenderContext {
  /** In the order of their numbers on the screen. */
  readonly citations: readonly Citation[]
  readonly onCite: (number: number) => void
  readonly words: { source(number: number, title: string): string; image: string }
}

type Nodes = (VNode | string)[]

/** Deeper than this is shown as it came. */
const MAX_DEPTH = 32

const external = { target: '_blank', rel: 'noopener noreferrer nofollow ugc' }

/**
 * A block runs as its first letters say. What is inside follows it, for HTML's `auto` looks past elements that say `dir`
 * themselves; a line of another direction is set right by `unicode-bidi`.
 */
const direction = (depth: number) => (depth === 0 ? 'auto' : undefined)

/** `[2]` is a chip where the message has such a citation, numbered by its place, and two brackets and a digit where it has not. */
function cited(text: string, context: RenderContext): Nodes {
  if (context.citations.length === 0) return [text]
  return text.split(MARK).flatMap((part, nth): Nodes => {
    if (nth % 2 === 0) return part === '' ? [] : [part]
    return numbersOf(part).map((number) => chip(number, context))
  })
}

function chip(number: number, { citations, words, onCite }: RenderContext): VNode | string {
  const shown = shownAs(number, citations)
  if (shown === undefined) return `[${number}]`
  const { title } = citations[shown - 1]!
  const props = { type: 'button', class: 'cite', title, 'aria-label': words.source(shown, title) }
  return h('button', { ...props, onClick: () => onCite(number) }, String(shown))
}

function link({ href, tokens, text }: Tokens.Link, context: RenderContext, depth: number): Nodes {
  const inside = children(tokens, context, depth)
  const address = safeHref(decode(href))
  if (!address) return inside
  const host = differingHost(decode(text), address)
  return [
    h('a', { href: address, ...external }, host ? [...inside, h('span', { class: 'host' }, ` (${host})`)] : inside),
  ]
}

function image({ href, text }: Tokens.Image, context: RenderContext): Nodes {
  const words = [context.words.image, decode(text), imageHost(href)].filter(Boolean).join(' · ')
  const address = safeHref(decode(href))
  return [address ? h('a', { class: 'chip', href: address, ...external }, words) : h('span', { class: 'chip' }, words)]
}

function table({ header, rows }: Tokens.Table, context: RenderContext, depth: number): Nodes {
  const row = (tag: 'th' | 'td') => (cells: Tokens.TableCell[]) =>
    h(
      'tr',
      cells.map(({ tokens, align }) => h(tag, { class: align ?? undefined }, children(tokens, context, depth))),
    )
  const body = h('table', [h('thead', [row('th')(header)]), h('tbody', rows.map(row('td')))])
  return [h('div', { class: 'scroll', tabindex: 0, dir: direction(depth) }, [body])]
}

function list({ ordered, start, items }: Tokens.List, context: RenderContext, depth: number): Nodes {
  const lines = items.map(({ tokens }) => h('li', children(tokens, context, depth)))
  return [h(ordered ? 'ol' : 'ul', { dir: direction(depth), start: ordered && start !== 1 ? start : undefined }, lines)]
}

const children = (tokens: readonly Token[] | undefined, context: RenderContext, depth: number): Nodes =>
  (tokens ?? []).flatMap((token) => render(token, context, depth + 1))

const block = (tag: string) => (token: Tokens.Generic, context: RenderContext, depth: number) => [
  h(tag, { dir: direction(depth) }, children(token.tokens, context, depth)),
]
const inline = (tag: string) => (token: Tokens.Generic, context: RenderContext, depth: number) => [
  h(tag, children(token.tokens, context, depth)),
]

const kinds: Record<string, (token: never, context: RenderContext, depth: number) => Nodes> = {
  paragraph: block('p'),
  blockquote: block('blockquote'),
  strong: inline('strong'),
  em: inline('em'),
  del: inline('del'),
  // An answer's headings stand below the panel's own.
  heading: (token: Tokens.Heading, context, depth) => block(`h${Math.min(token.depth + 2, 6)}`)(token, context, depth),
  hr: () => [h('hr')],
  br: () => [h('br')],
  space: () => [],
  code: ({ text, lang }: Tokens.Code) => [h(CodeBlock, { text, lang: lang?.match(/^[\w+#.-]+/)?.[0] })],
  codespan: ({ text }: Tokens.Codespan) => [h('code', { dir: 'ltr' }, text)],
  list,
  table,
  link,
  image,
  checkbox: ({ checked }: Tokens.Checkbox) => [checked ? '☑ ' : '☐ '],
  escape: ({ text }: Tokens.Escape) => [text],
  plain: ({ text }: { text: string }) => [text],
  html: ({ raw }: Tokens.HTML) => (/^<br\s*\/?>$/i.test(raw.trim()) ? [h('br')] : [raw]),
  text: (token: Tokens.Text, context, depth) =>
    token.tokens ? children(token.tokens, context, depth) : cited(decode(token.text), context),
}

export function render(token: Token, context: RenderContext, depth = 0): Nodes {
  const kind = Object.hasOwn(kinds, token.type) && depth < MAX_DEPTH ? kinds[token.type] : undefined
  return kind ? kind(token as never, context, depth) : [token.raw]
}
