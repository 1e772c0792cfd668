/**
 * What the frame lets in, checked as `protocol/frame.ts` says: by hand, because the schemas' library would cost two
 * kilobytes before the first word. A test holds the two against each other.
 */
import type { FrameCommand, FrameInit, PageMessage } from '@aside/protocol/frame'

const MAX_TOKEN_CHARS = 8_192

type Loose = Record<string, unknown>

const isObject = (it: unknown): it is Loose => typeof it === 'object' && it !== null
const isText = (it: unknown, maxChars: number): boolean => typeof it === 'string' && it.length <= maxChars
const isWhole = (it: unknown): boolean => Number.isInteger(it) && (it as number) >= 0
const absentOr = (it: unknown, valid: boolean): boolean => it === undefined || valid

/** A record, so that none is forgotten. */
const commands: Record<FrameCommand, 1> = {
  send: 1,
  prefill: 1,
  startConversation: 1,
  showConversation: 1,
  identify: 1,
  logout: 1,
  setLocale: 1,
  setTheme: 1,
  setConsent: 1,
  setContext: 1,
  registerTool: 1,
  unregisterTool: 1,
}

const isCommand = (it: unknown): boolean =>
  isObject(it) &&
  it['type'] === 'command' &&
  isWhole(it['id']) &&
  typeof it['command'] === 'string' &&
  Object.hasOwn(commands, it['command']) &&
  Array.isArray(it['args']) &&
  it['args'].length <= 4

const isOneOf = (it: unknown, ...allowed: string[]): boolean => it === undefined || allowed.includes(it as string)

export const isInit = (it: unknown): it is FrameInit =>
  isObject(it) &&
  it['aside'] === 'init' &&
  typeof it['version'] === 'number' &&
  !Number.isNaN(it['version']) &&
  typeof it['appId'] === 'string' &&
  typeof it['open'] === 'boolean' &&
  absentOr(it['locale'], isText(it['locale'], 35)) &&
  isOneOf(it['theme'], 'light', 'dark', 'auto') &&
  isOneOf(it['mode'], 'inline', 'page') &&
  ['consent', 'user', 'project'].every((name) => absentOr(it[name], isText(it[name], 200))) &&
  ['identity', 'sig'].every((name) => absentOr(it[name], isText(it[name], MAX_TOKEN_CHARS))) &&
  absentOr(
    it['calls'],
    Array.isArray(it['calls']) && it['calls'].length <= 1_000 && it['calls'].every((call) => isCommand(call)),
  )

export const isMessage = (it: unknown): it is PageMessage => {
  if (!isObject(it)) return false
  const { type, id, error } = it
  if (type === 'open' || type === 'close') return true
  if (type === 'result') return isWhole(id) && absentOr(error, isText(error, 500))
  return isCommand(it)
}
