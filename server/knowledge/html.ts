/** HTML: what a reader of the page reads. Scripts, styles, navigation, footers and controls are left out. */
import { Parser } from 'htmlparser2'
import { Fault } from '@aside/protocol'
import { type Block, type Document, tableHead, tableRow } from './document.ts'
import type { Pausable } from './unhurried.ts'

const names = (list: string) => new Set(list.split(' '))

const ignored = names(
  'script style noscript template svg math nav footer iframe object audio video canvas select button textarea dialog',
)
const breaking = names(
  'p div section article main header aside blockquote figure figcaption details summary address hr form fieldset legend',
)
const listParts = names('ul ol li dl dt dd')
const voids = names('area base br col embed hr img input link meta param source track wbr')
const headings = /^h([1-6])$/

const SLICE = 16_384
/** Twice what browsers keep. The parser looks through all open elements for the one that a stray end tag would close. */
const MAX_DEPTH = 1_024

const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim()
const lines = (text: string) =>
  text
    .replace(/[^\S\n]+/g, ' ')
    .replace(/ ?\n ?/g, '\n')
    .trim()

/** Collects blocks from the parser's events. Nothing here recurses. */
class Reader {
  blocks: Block[] = []
  title = ''
  #text = ''
  #depth = 0
  #ignoring = 0
  #inTitle = false
  #afterMain = false
  #heading: { depth: number; anchor?: string } | undefined
  #pre: { language: string } | undefined
  #table: { hasHead: boolean; rows: string[][] } | undefined
  #listDepth = 0
  #list: { kind: 'text'; text: string } | undefined
  #bullet = ''

  open(name: string, attributes: Record<string, string>): void {
    this.#depth += 1
    if (this.#depth > MAX_DEPTH) {
      const message = `nests elements more than ${MAX_DEPTH} deep`
      throw new Fault('invalid_input', message, { issues: [{ path: 'body', message }] })
    }
    if (this.#ignoring > 0 || ignored.has(name) || (attributes['hidden'] !== undefined && !voids.has(name))) {
      this.#ignoring += 1
      return
    }
    if (name === 'title') this.#inTitle = true
    if (name === 'br') this.#text += '\n'
    if (name === 'pre' || (name === 'code' && this.#pre)) {
      if (name === 'pre') this.#flush()
      const language = /(?:^|\s)lang(?:uage)?-(\S+)/.exec(attributes['class'] ?? '')?.[1]
      this.#pre = { language: language ?? this.#pre?.language ?? '' }
    } else if (name === 'code') this.#text += '`'
    if (this.#table) return this.#openCell(name)
    const heading = headings.exec(name)
    if (heading || name === 'table' || breaking.has(name) || listParts.has(name)) this.#flush()
    if (heading) this.#heading = { depth: Number(heading[1]), ...(attributes['id'] && { anchor: attributes['id'] }) }
    if (name === 'table') this.#table = { hasHead: false, rows: [] }
    if (name === 'li') this.#bullet = '- '
    if (name === 'ul' || name === 'ol' || name === 'dl') this.#listDepth += 1
    // What stands around `main` is the site's frame, the same on every page.
    if (name === 'main') this.blocks = []
    if (name === 'main') this.#afterMain = false
  }

  text(data: string): void {
    if (this.#inTitle) this.title += data
    else if (this.#ignoring === 0 && !this.#afterMain) this.#text += this.#pre ? data : data.replace(/\s+/g, ' ')
  }

  close(name: string): void {
    this.#depth -= 1
    if (this.#ignoring > 0) {
      this.#ignoring -= 1
      return
    }
    if (name === 'title') this.#inTitle = false
    if (name === 'code' && !this.#pre) this.#text += '`'
    if (name === 'table') return this.#endTable()
    if (this.#table) return this.#closeCell(name)
    if (name === 'pre' || headings.test(name) || breaking.has(name) || listParts.has(name)) this.#flush()
    if (name === 'li') this.#bullet = ''
    if (name === 'ul' || name === 'ol' || name === 'dl') {
      this.#listDepth -= 1
      if (this.#listDepth === 0) this.#list = undefined
    }
    if (name === 'main') this.#afterMain = true
  }

  end(): Document {
    this.#endTable()
    this.#flush()
    const title = oneLine(this.title)
    return { ...(title !== '' && { title }), blocks: this.blocks }
  }

  #openCell(name: string): void {
    if (name === 'tr') this.#table!.rows.push([])
    if (name === 'th' && this.#table!.rows.length <= 1) this.#table!.hasHead = true
    if (name === 'td' || name === 'th' || name === 'caption') this.#text = ''
  }

  #closeCell(name: string): void {
    if (name !== 'td' && name !== 'th') return
    this.#table!.rows.at(-1)?.push(oneLine(this.#text))
    this.#text = ''
    this.#pre = undefined
  }

  #endTable(): void {
    if (!this.#table) return
    const rows = this.#table.rows.filter((row) => row.some((cell) => cell !== ''))
    const columns = Math.max(0, ...rows.slice(0, 1_000).map((row) => row.length))
    const head = this.#table.hasHead ? rows.shift() : undefined
    this.#table = undefined
    this.#text = ''
    if (columns === 0) return
    this.blocks.push({
      kind: 'table',
      head: tableHead(head ?? Array<string>(columns).fill('')),
      rows: rows.map(tableRow),
    })
  }

  #flush(): void {
    const text = this.#text
    this.#text = ''
    if (this.#pre) {
      const code = text.replace(/^\n/, '').trimEnd()
      if (code !== '') this.blocks.push({ kind: 'code', text: code, language: this.#pre.language })
      this.#pre = undefined
      this.#list = undefined
    } else if (this.#heading) {
      const heading = oneLine(text).replace(/\s*[¶#]$/, '')
      if (heading !== '') this.blocks.push({ kind: 'heading', ...this.#heading, text: heading })
      this.#heading = undefined
      this.#list = undefined
    } else if (text.trim() !== '') {
      const line = this.#bullet + lines(text)
      this.#bullet = ''
      if (this.#list) this.#list.text += `\n${line}`
      else {
        const block = { kind: 'text' as const, text: line }
        this.blocks.push(block)
        if (this.#listDepth > 0) this.#list = block
      }
    }
  }
}

export function* parseHtml(text: string): Pausable<Document> {
  const reader = new Reader()
  const parser = new Parser({
    onopentag: (name, attributes) => reader.open(name, attributes),
    ontext: (data) => reader.text(data),
    onclosetag: (name) => reader.close(name),
  })
  for (let from = 0; from < text.length; from += SLICE) {
    parser.write(text.slice(from, from + SLICE))
    yield
  }
  parser.end()
  return reader.end()
}
