/** What a file may be called: a name people can read, that is no path and says of no file that it is another kind. */
import type { FileType } from './file-type.ts'

const MAX_CHARS = 200

/** The endings a kind of file may have, its own first. Text that a double click would run is none of them. */
const endings: Record<FileType, string[]> = {
  'image/png': ['png'],
  'image/jpeg': ['jpg', 'jpeg', 'jfif'],
  'image/gif': ['gif'],
  'image/webp': ['webp'],
  'application/pdf': ['pdf'],
  'text/plain': ['txt', 'md', 'markdown', 'csv', 'tsv', 'json', 'log', 'yaml', 'yml', 'toml', 'ini', 'srt', 'vtt'],
}

/** The last part of a path, in one line, without what cannot be seen or turns the reading direction round. */
export function fileName(given: string, type: FileType): string {
  const last = given.toWellFormed().normalize('NFC').split(/[\\/]/).at(-1) ?? ''
  const name = last
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}]/gu, '')
    .replace(/[<>:"|?*]/g, '_')
    .replace(/\s+/g, ' ')
    .replace(/^[. ]+|[. ]+$/g, '')
  const [own] = endings[type]
  const at = name.lastIndexOf('.')
  const isFitting = at > 0 && endings[type].includes(name.slice(at + 1).toLowerCase())
  const ending = isFitting ? name.slice(at) : `.${own}`
  const stem = (isFitting ? name.slice(0, at) : name) || 'file'
  const chars = Array.from(stem)
  let size = chars.length
  while (size > 1 && chars.slice(0, size).join('').length + ending.length > MAX_CHARS) size--
  return chars.slice(0, size).join('') + ending
}
