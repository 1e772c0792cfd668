import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { endpoints, errorCodes, events } from '../protocol/index.ts'
import { references, root } from './reference.ts'

test.for(Object.entries(references))('%s says what there is today', ([file, write]) => {
  let written = ''
  try {
    written = readFileSync(join(root, file), 'utf8')
  } catch {
    // It was never written: told below.
  }
  const isToday = written === write()
  expect(isToday, `${file} is not up to date: run npm run docs, and commit it`).toBe(true)
})

test('the reference of the API leaves nothing out', () => {
  const text = references['docs/api.md']!()
  for (const { method, path } of Object.values(endpoints)) expect(text).toContain(`### \`${method} ${path}\``)
  for (const name of Object.keys(events)) expect(text).toContain(`### \`${name}\``)
  for (const code of errorCodes) expect(text).toContain(`| \`${code}\` |`)
})

test('the reference of the command line has the options of a command that has commands below it, too', () => {
  const text = references['docs/cli.md']!()
  const [, usage = ''] = text.split('\n## `aside usage`\n')
  expect(usage.slice(0, usage.indexOf('\n### '))).toMatch(/```text\naside usage [^]*\| `--by <what>` \|[^]*Examples:/)
})
