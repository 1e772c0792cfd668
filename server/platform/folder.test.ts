import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeFolder } from './folder.ts'

test('a folder is made with those it lies in, and one that cannot be is refused at once, in one line', () => {
  const root = mkdtempSync(join(tmpdir(), 'aside-folder-'))
  try {
    const deep = join(root, 'a/b/c')
    makeFolder(deep)
    makeFolder(deep)
    expect(existsSync(deep)).toBe(true)
    writeFileSync(join(root, 'file'), '')
    for (const impossible of [join(root, 'file'), join(root, 'file/x/y'), '/proc/aside/data'])
      expect(() => makeFolder(impossible)).toThrow(/^The folder \S+ cannot be made: [\w ]+$/)
  } finally {
    rmSync(root, { recursive: true })
  }
})
