/**
 * What the frame lets in, checked as `protocol/frame.ts` says: by hand, because the schemas' library would cost two
 * kilobytes before the first word. A test holds the two against each other.
 */
import type { FrameInit, PageMessage } from '@aside/protocol/frame'

const MAX_TOKEN_CHARS = 8_192

type Loose = Record<string, unknown>

const isObject = (it: unknown): it is Loose => typeof it === 'object' && it !== null
const isSize = (it: unknown): boolean => typeof it === 'number' && it >= 0 && it <= 100_000
const isText = (it: unknown, maxChars: number): boolean => typeof it === 'string' && it.length <= maxChars
const isOneOf = (it: unknown, ...allowed: string[]): boolean => allowed.includes(it as string)
const absentOr = (it: unknown, valid: boolean): boolean => it === undefined || valid
const isBox = ({ width, height }: Loose): boolean => isSize(width) && isSize(height)

export const isInit = (it: unknown): it is FrameInit =>
  isObject(it) &&
  it['aside'] === 'init' &&
  typeof it['version'] === 'number' &&
  !Number.isNaN(it['version']) &&
  typeof it['appId'] === 'string' &&
  typeof it['open'] === 'boolean' &&
  absentOr(it['locale'], isText(it['locale'], 35)) &&
  absentOr(it['theme'], isOneOf(it['theme'], 'light', 'dark', 'auto')) &&
  absentOr(it['viewport'], isObject(it['viewport']) && isBox(it['viewport'])) &&
  ['position', 'zIndex', 'user', 'project'].every((name) => absentOr(it[name], isText(it[name], 200))) &&
  ['identity', 'sig'].every((name) => absentOr(it[name], isText(it[name], MAX_TOKEN_CHARS)))

export const isMessage = (it: unknown): it is PageMessage => {
  if (!isObject(it)) return false
  const { type, id, command, text, token } = it
  if (type === 'open' || type === 'close') return true
  if (type === 'resize') return isBox(it)
  if (type === 'token') return token === null || absentOr(token, isText(token, MAX_TOKEN_CHARS))
  return (
    type === 'command' &&
    absentOr(id, typeof id === 'number' && !Number.isNaN(id)) &&
    isOneOf(command, 'send', 'prefill', 'newConversation', 'identify', 'logout', 'destroy') &&
    absentOr(text, isText(text, 8_000))
  )
}
