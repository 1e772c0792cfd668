/** What a look at the machine, a server or a page has found: one line for people, the same as data. */
export type Group = 'machine' | 'server' | 'page' | 'app' | 'stream' | 'browser'

export interface Finding {
  group: Group
  name: string
  /** `warn`: it works, or may, and somebody should know. */
  status: 'ok' | 'warn' | 'fail'
  detail: string
  /** What to do about it: absent where there is nothing to be done. */
  fix?: string
}

/** What strangers' servers say is quoted on one line, and not at length. */
export const quoted = (text: string): string => {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > 200 ? `${line.slice(0, 200)}…` : line
}

export interface Notes {
  ok(name: string, detail: string): Finding
  warn(name: string, detail: string, fix?: string): Finding
  fail(name: string, detail: string, fix?: string): Finding
}

export function notesOf(group: Group): Notes {
  const note =
    (status: Finding['status']) =>
    (name: string, detail: string, fix?: string): Finding => ({
      group,
      name,
      status,
      detail,
      ...(fix === undefined ? {} : { fix }),
    })
  return { ok: note('ok'), warn: note('warn'), fail: note('fail') }
}
