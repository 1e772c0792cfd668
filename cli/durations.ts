/** `90m`, `24h`, `7d`, `2w`: how people write for how long. */
import { usage } from './problems.ts'

const unitsMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/** In milliseconds. Throws where it is no duration. `option` is what it was given for. */
export function readDuration(text: string, option: string): number {
  const found = /^(\d{1,6})\s*([smhdw])$/i.exec(text.trim())
  if (!found) throw usage(`${option} ${text} is no length of time`, 'one looks like 30m, 24h, 7d or 2w')
  return Number(found[1]) * unitsMs[found[2]!.toLowerCase() as keyof typeof unitsMs]
}

/** So long ago, or a date: the instant on the wire. */
export function readSince(text: string, option: string): string {
  if (/^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(Date.parse(text))) return new Date(text).toISOString()
  return new Date(Date.now() - readDuration(text, option)).toISOString()
}
