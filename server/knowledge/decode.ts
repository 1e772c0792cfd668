/** From the bytes somebody sent to text, or a refusal that says what is wrong with them. */
import { Fault } from '@aside/protocol'

const refuse = (code: 'unsupported_source' | 'invalid_encoding' | 'invalid_input', message: string, cause?: unknown) =>
  new Fault(code, message, { cause, issues: [{ path: 'body', message }] })

const startsWith = (bytes: Uint8Array, ...signature: number[]) => signature.every((byte, i) => bytes[i] === byte)

// What people take for a document and is none: PDF, ZIP (also DOCX, ODT, EPUB), gzip, PNG, JPEG, GIF, legacy Office.
const isKnownBinary = (bytes: Uint8Array) =>
  startsWith(bytes, 0x25, 0x50, 0x44, 0x46, 0x2d) ||
  startsWith(bytes, 0x50, 0x4b, 0x03, 0x04) ||
  startsWith(bytes, 0x1f, 0x8b) ||
  startsWith(bytes, 0x89, 0x50, 0x4e, 0x47) ||
  startsWith(bytes, 0xff, 0xd8, 0xff) ||
  startsWith(bytes, 0x47, 0x49, 0x46, 0x38) ||
  startsWith(bytes, 0xd0, 0xcf, 0x11, 0xe0)

/** Text has tabs and line ends, and next to no other control characters. */
function isMostlyControls(bytes: Uint8Array): boolean {
  const sample = bytes.subarray(0, 8_192)
  let controls = 0
  for (const byte of sample) if (byte < 0x20 && byte !== 9 && byte !== 10 && byte !== 13 && byte !== 12) controls += 1
  return controls > sample.length / 100
}

/**
 * UTF-8, or UTF-16 with a byte order mark. Faults, each naming `body`: `unsupported_source` for what is no text,
 * `invalid_encoding` for text in another encoding, `invalid_input` for nothing but blanks.
 */
export function decode(bytes: Uint8Array): string {
  if (isKnownBinary(bytes)) throw refuse('unsupported_source', 'is not a text file: send Markdown, plain text or HTML')
  const utf16 = startsWith(bytes, 0xff, 0xfe) ? 'utf-16le' : startsWith(bytes, 0xfe, 0xff) ? 'utf-16be' : undefined
  if (!utf16 && (bytes.includes(0) || isMostlyControls(bytes)))
    throw refuse('unsupported_source', 'is a binary file: send Markdown, plain text or HTML')
  let text: string
  try {
    text = new TextDecoder(utf16 ?? 'utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw refuse('invalid_encoding', `is not valid ${utf16 ? 'UTF-16' : 'UTF-8'}`, cause)
  }
  if (text.includes('\0')) throw refuse('unsupported_source', 'holds NUL characters: send Markdown, plain text or HTML')
  if (text.trim() === '') throw refuse('invalid_input', 'is empty')
  return text.replace(/\r\n?/g, '\n')
}
