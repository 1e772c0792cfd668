/** Where a running server says how to reach it, and how its configuration is read: all that its callers need, and no server. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import type { Config } from './platform/config.ts'

export { type Config, ConfigProblems, parseConfig } from './platform/config.ts'
export { makeFolder } from './platform/folder.ts'

const Address = v.object({
  url: v.string(),
  token: v.string(),
  pid: v.number(),
  isBrief: v.optional(v.boolean(), false),
})
export type Address = v.InferOutput<typeof Address>

/** Readable by its owner only, for it holds the operator's token. */
export const addressFile = (config: Config): string =>
  config.database.kind === 'sqlite' ? `${config.database.file}.server.json` : join(config.dataDir, 'server.json')

export function readAddress(config: Config): Address | undefined {
  try {
    return v.parse(Address, JSON.parse(readFileSync(addressFile(config), 'utf8')))
  } catch {
    return undefined
  }
}
