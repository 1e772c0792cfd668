import { expect, it } from 'vitest'
import { createLog } from './log.ts'

it('writes one JSON line an event, whatever is in it', () => {
  const lines: string[] = []
  const log = createLog('info', (line) => lines.push(line)).with({ requestId: 'r' })
  const nasty = 'a\n{"level":"fatal"}\r\n\u001b[31mred\u2028\0'
  log.warn(nasty, { nasty })
  log.debug('too quiet to be heard')
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatch(/^[^\n\r\u001b\0]*\n$/)
  expect(JSON.parse(lines[0]!)).toMatchObject({ level: 'warn', event: nasty, nasty, requestId: 'r' })
})
