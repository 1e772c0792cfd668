/** Long lists come in pages: what an endpoint takes for it, and what it says. */
import * as v from 'valibot'
import { id } from './ids.ts'

/** The tenant acted on. A key and an agent have one already; the operator names it. */
export const ofTenant = { tenantId: v.optional(id('tenant')) }

/** Of a page: at most 100 rows, 100 where nothing is said, from where the page before it ended. */
export const page = {
  limit: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^[0-9]{1,3}$/, 'a number from 1 to 100'),
      v.transform(Number),
      v.minValue(1, 'a number from 1 to 100'),
      v.maxValue(100, 'a number from 1 to 100'),
    ),
    '100',
  ),
  cursor: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{8,900}$/, 'the nextCursor of the page before'))),
}

/** Absent on the last page. It means something only to the list, and in the tenant, that gave it. */
export const nextCursor = v.optional(v.string())
