/** What a file is, told by its bytes: a name or a header says whatever its sender likes. */
import type { fileTypes } from '@aside/protocol'

export type FileType = (typeof fileTypes)[number]

const text = (it: string) => [...it].map((char) => char.charCodeAt(0))

/** From a place on, these bytes (WHATWG MIME Sniffing, 6.1; ISO 32000 for PDF). */
const signatures: [type: FileType, ...parts: [at: number, bytes: number[]][]][] = [
  ['image/png', [0, [0x89, ...text('PNG\r\n\x1a\n')]]],
  ['image/jpeg', [0, [0xff, 0xd8, 0xff]]],
  ['image/gif', [0, text('GIF87a')]],
  ['image/gif', [0, text('GIF89a')]],
  ['image/webp', [0, text('RIFF')], [8, text('WEBPVP')]],
  ['application/pdf', [0, text('%PDF-')]],
]

/** Beginnings that a browser may take for a document with scripts in it, whatever it is told (the same, 7.1). */
const markup =
  /^\s*<(?:!doctype|\?xml|!--|(?:html|head|script|iframe|svg|h1|div|font|table|a|style|title|b|body|br|p|math|xsl:\w+|img|object|embed|meta|link|base|form)(?=[\s/>]))/i

/** Text has tabs, line ends and page breaks, and no other control characters. */
const controls = /[\0-\x08\x0b\x0e-\x1f\x7f]/

function isText(bytes: Uint8Array): boolean {
  let decoded: string
  try {
    decoded = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return false
  }
  return !controls.test(decoded) && !markup.test(decoded)
}

/** Undefined for what is none of them: HTML, SVG, programs, archives, text in another encoding. */
export function fileTypeOf(bytes: Uint8Array): FileType | undefined {
  const found = signatures.find(([, ...parts]) =>
    parts.every(([at, signature]) => signature.every((byte, i) => bytes[at + i] === byte)),
  )
  return found?.[0] ?? (isText(bytes) ? 'text/plain' : undefined)
}
