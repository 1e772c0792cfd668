/** The version of the widget that an app's visitors get. It is no part of a configuration: going back to one leaves the other. */
import * as v from 'valibot'

export const WidgetVersion = v.pipe(
  v.string(),
  v.maxLength(60, 'at most 60 characters'),
  v.regex(/^(latest|v\d+(\.\d+){0,2}|v\d+\.\d+\.\d+-[0-9A-Za-z.-]+)$/, 'latest, or a version like v1, v1.2 or v1.2.3'),
)

const Percent = v.pipe(
  v.number(),
  v.integer('a whole number'),
  v.minValue(0, 'from 0 to 100'),
  v.maxValue(100, 'from 0 to 100'),
)

export const WidgetChoice = v.strictObject({
  version: WidgetVersion,
  /** Another one for a share of the visitors. */
  next: v.optional(v.strictObject({ version: WidgetVersion, percent: Percent })),
})
export type WidgetChoice = v.InferOutput<typeof WidgetChoice>

export const Widget = v.object({
  version: v.string(),
  next: v.optional(v.object({ version: v.string(), percent: v.number() })),
  /** What that comes to at the moment. Absent: the server has no widget. */
  serves: v.optional(v.object({ version: v.string(), next: v.optional(v.string()) })),
  /** Which of those named are not there any more, so that the next best is served. */
  gone: v.array(v.string()),
  /** What may be named: first those that move on with new versions, then every version. */
  available: v.array(v.string()),
})
export type Widget = v.InferOutput<typeof Widget>
