/** What is in a folder of the widget, as its `integrity.json` says. */
import * as v from 'valibot'
import { channelsOf, isVersion, newestFirst } from './versions.ts'

const File = v.pipe(v.string(), v.regex(/^\w[\w.-]*$/, 'the name of a file'))
const Hash = v.pipe(v.string(), v.regex(/^sha384-/, 'a hash like sha384-…'))

/** Of one build: what `integrity=` has to say of each file, and what the iframe's document has to load. */
export const Integrity = v.object({
  version: v.optional(v.string()),
  files: v.record(v.string(), v.string()),
  frame: v.object({ script: v.string(), styles: v.array(v.string()), preload: v.optional(v.array(v.string()), []) }),
})
export type Integrity = v.InferOutput<typeof Integrity>

/** The same of a build that is to be published. */
export const Build = v.object({
  ...Integrity.entries,
  version: v.pipe(v.string(), v.check(isVersion, 'a version like 1.2.3')),
  files: v.record(File, Hash),
})
export type Build = v.InferOutput<typeof Build>

/** Of a folder with several. A folder that has it was written by `aside cdn build`. */
export const CdnIndex = v.object({
  format: v.literal('aside-cdn/1'),
  /** `latest`, `v1`, `v1.2`, `v1.2.3` … → the version it stands for. */
  channels: v.record(v.string(), v.string()),
  /** Version → what it is made of, the newest first. */
  versions: v.record(v.pipe(v.string(), v.check(isVersion, 'a version like 1.2.3')), Integrity),
})
export type CdnIndex = v.InferOutput<typeof CdnIndex>

export const INDEX = 'integrity.json'

export function indexOf(builds: ReadonlyMap<string, Integrity>, channels = channelsOf(builds.keys())): CdnIndex {
  return {
    format: 'aside-cdn/1',
    channels: Object.fromEntries(channels),
    versions: Object.fromEntries(newestFirst(builds.keys()).map((version) => [version, builds.get(version)!])),
  }
}

/** Undefined where it is that of one build, or of something else. */
export function readIndex(text: string): CdnIndex | undefined {
  try {
    const { success, output } = v.safeParse(CdnIndex, JSON.parse(text))
    return success ? output : undefined
  } catch {
    return undefined
  }
}
