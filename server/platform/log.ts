/** One JSON line an event, and nothing in it that was not named: never a body, a header, a token or a person's words. */

export type Fields = Record<string, string | number | boolean | undefined>

export interface Log {
  debug(event: string, fields?: Fields): void
  info(event: string, fields?: Fields): void
  warn(event: string, fields?: Fields): void
  error(event: string, fields?: Fields & { stack?: string }): void
  with(fields: Fields): Log
}

const levels = { debug: 10, info: 20, warn: 30, error: 40, silent: 50 }
export type LogLevel = keyof typeof levels

/** `write` gets whole lines; the default is standard error, so that a command's own output stays clean. */
export function createLog(
  level: LogLevel = 'info',
  write: (line: string) => void = (line) => void process.stderr.write(line),
  bound: Fields = {},
): Log {
  const at = (name: Exclude<LogLevel, 'silent'>) => (event: string, fields?: Fields) => {
    if (levels[name] < levels[level]) return
    write(JSON.stringify({ at: new Date().toISOString(), level: name, event, ...bound, ...fields }) + '\n')
  }
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: (fields) => createLog(level, write, { ...bound, ...fields }),
  }
}
