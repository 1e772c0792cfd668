/** A document as its structure sees it, whatever it was written in. */

export type Block =
  /** `anchor` where the document names one itself. */
  | { kind: 'heading'; depth: number; text: string; anchor?: string }
  /** A paragraph, or a list with an item on each line. May be divided at any line, sentence or, at need, word. */
  | { kind: 'text'; text: string }
  /** Divided at line ends only, each part fenced by itself. */
  | { kind: 'code'; text: string; language: string }
  /** Divided between rows, each part under the same head. Both are Markdown: `| a | b |`. */
  | { kind: 'table'; head: string; rows: string[] }

export interface Document {
  /** What the document calls itself, if it does. */
  title?: string
  blocks: Block[]
}

export const tableRow = (cells: string[]) => `| ${cells.map((cell) => cell.replace(/\s+/g, ' ').trim()).join(' | ')} |`

export const tableHead = (cells: string[]) => `${tableRow(cells)}\n|${' --- |'.repeat(cells.length)}`
