/** The forms a file is kept in: as it is, and packed as small as gzip and brotli can. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

export type Encoding = 'br' | 'gzip'

/** In the order of preference: each with what its file is called beside the file itself. */
export const endings: Record<Encoding, string> = { br: '.br', gzip: '.gz' }
export const encodings: Encoding[] = ['br', 'gzip']

const brotli = promisify(brotliCompress)
const zip = promisify(gzip)

export const isPacked = (name: string): boolean => /\.(br|gz)$/.test(name)
const isText = (name: string) => /\.(css|js|json|map|svg|txt)$/.test(name)

async function pack(bytes: Buffer): Promise<Record<Encoding, Buffer>> {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length }
  const [br, gz] = await Promise.all([brotli(bytes, { params }), zip(bytes, { level: 9 })])
  return { br, gzip: gz }
}

/** Of one file, in bytes. Absent: it would not be smaller. */
export type Packed = Partial<Record<Encoding, number>>

/** Writes what is smaller beside the file. Does nothing where the file is no text. */
export async function packBeside(folder: string, name: string): Promise<Packed> {
  if (!isText(name)) return {}
  const bytes = await readFile(join(folder, name))
  const packed = await pack(bytes)
  const sizes: Packed = {}
  for (const encoding of encodings) {
    if (packed[encoding].length >= bytes.length) continue
    await writeFile(join(folder, name + endings[encoding]), packed[encoding])
    sizes[encoding] = packed[encoding].length
  }
  return sizes
}

/** How much each is wanted, by RFC 9110, 12.5.3; what is not named is not wanted. */
function qualityOf(header: string, name: string): number {
  const given = new Map<string, number>()
  for (const part of header.toLowerCase().split(',')) {
    const [coding = '', ...parameters] = part.split(';').map((it) => it.trim())
    const q = parameters.find((it) => it.startsWith('q='))?.slice(2)
    const quality = q === undefined ? 1 : /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(q) ? Number(q) : 0
    if (coding !== '') given.set(coding, quality)
  }
  return given.get(name) ?? given.get('*') ?? (name === 'identity' ? 0.001 : 0)
}

/** The one to answer with: what is wanted most, and of what is wanted as much the smallest. Undefined: the file as it is. */
export function choose(header: string, there: readonly Encoding[]): Encoding | undefined {
  let best: { encoding: Encoding | undefined; quality: number } = {
    encoding: undefined,
    quality: qualityOf(header, 'identity'),
  }
  for (const encoding of encodings.toReversed()) {
    const quality = there.includes(encoding) ? qualityOf(header, encoding) : 0
    if (quality > 0 && quality >= best.quality) best = { encoding, quality }
  }
  return best.encoding
}
