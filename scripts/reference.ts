/** Writes `docs/cli.md` and `docs/api.md` from what they are about: the commands and the contract. `npm run docs` */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { apiReference } from './reference-api.ts'
import { cliReference } from './reference-cli.ts'

export const references: Record<string, () => string> = { 'docs/cli.md': cliReference, 'docs/api.md': apiReference }
export const root = join(import.meta.dirname, '..')

if (import.meta.main)
  for (const [file, write] of Object.entries(references)) {
    writeFileSync(join(root, file), write())
    console.log(`wrote ${file}`)
  }
