/** Pictures to send, as files. */
import { crc32, deflateSync } from 'node:zlib'

function chunk(type: string, content: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type), content])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(content.length, 0)
  frame.writeUInt32BE(crc32(named), 4)
  return Buffer.concat([frame.subarray(0, 4), named, frame.subarray(4)])
}

/** A PNG of a lamp in the evening, in the colours of the shop. */
export function lampPicture(width = 320, height = 240): Buffer {
  const rows = Array.from({ length: height }, (_, y) => {
    const row = Buffer.alloc(1 + 3 * width)
    for (let x = 0; x < width; x++) {
      const glow = Math.max(0, 1 - Math.hypot((x / width - 0.5) * 1.6, y / height - 0.42) * 1.7)
      const isShade =
        y / height > 0.3 && y / height < 0.5 && Math.abs(x / width - 0.5) < 0.06 + (y / height - 0.3) * 0.6
      const isFoot = y / height >= 0.5 && y / height < 0.86 && Math.abs(x / width - 0.5) < 0.012
      const color = isShade
        ? [250, 226, 170]
        : isFoot
          ? [40, 34, 30]
          : [36 + 190 * glow, 40 + 130 * glow, 48 + 60 * glow]
      row.set(color, 1 + 3 * x)
    }
    return row
  })
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 2, 0, 0, 0], 8)
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(Buffer.concat(rows))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}
