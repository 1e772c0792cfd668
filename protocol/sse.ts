/** Server-sent events, incrementally (WHATWG HTML, 9.2.6). What is not yet ended by an empty line is not an event. */

export interface Frame {
  id?: string
  name: string
  data: string
}

export interface SseReader {
  /** Feeds decoded text, in pieces of any size; whole frames come out in order. */
  push(text: string): void
}

/**
 * `onFrame` gets every complete frame that has data; comments (the server's heartbeat) come to `onComment`, and a `retry:`
 * in milliseconds to `onRetry`.
 */
export function createSseReader(on: {
  frame(frame: Frame): void
  comment?(): void
  retry?(ms: number): void
}): SseReader {
  let rest = ''
  let id: string | undefined
  let name = ''
  let data: string[] = []

  function line(text: string): void {
    if (text === '') {
      if (data.length > 0)
        on.frame({ ...(id === undefined ? {} : { id }), name: name || 'message', data: data.join('\n') })
      id = undefined
      name = ''
      data = []
      return
    }
    if (text.startsWith(':')) return on.comment?.()
    const colon = text.indexOf(':')
    const field = colon < 0 ? text : text.slice(0, colon)
    const value = colon < 0 ? '' : text.slice(text[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (field === 'data') data.push(value)
    else if (field === 'event') name = value
    else if (field === 'id' && !value.includes('\0')) id = value
    else if (field === 'retry' && /^[0-9]+$/.test(value)) on.retry?.(Number(value))
  }

  return {
    push(text) {
      rest += text
      let start = 0
      for (;;) {
        const lf = rest.indexOf('\n', start)
        const cr = rest.indexOf('\r', start)
        const end = lf < 0 ? cr : cr < 0 ? lf : Math.min(lf, cr)
        // A CR at the very end may be half of a CRLF: wait for what follows.
        if (end < 0 || (end === cr && end === rest.length - 1)) break
        line(rest.slice(start, end))
        start = rest[end] === '\r' && rest[end + 1] === '\n' ? end + 2 : end + 1
      }
      rest = rest.slice(start)
    },
  }
}
