/** The counts of several processes on one Postgres: one statement for a request, however many limits it has. */
import type { Scope } from '../platform/index.ts'
import { type Bucket, type Counted, countedAt, intervalMs, toleranceMs } from './gcra.ts'

const texts = new Map<number, string>()

/**
 * Each limit is counted only where the one before has admitted. A row that another process is changing is waited for, and judged as
 * it is then; the clock is the store's, so that processes need not agree on theirs.
 */
function statementFor(count: number): string {
  let text = texts.get(count)
  if (text === undefined) {
    const steps = Array.from({ length: count }, (_, i) => {
      const before = i === 0 ? '' : ` where (select "admitted" from "step${i - 1}")`
      return `"step${i}" as (
        insert into "rate_limits" as "it" ("tenant_id", "name", "arrival", "admitted")
        select ?::text, ?::text, "at" + ?::float8, true from "clock"${before}
        on conflict ("tenant_id", "name") do update set
          "admitted" = "it"."arrival" <= excluded."arrival" + ?::float8,
          "arrival" = case when "it"."arrival" <= excluded."arrival" + ?::float8
            then greatest("it"."arrival" + ?::float8, excluded."arrival") else "it"."arrival" end
        returning "arrival", "admitted")`
    })
    const shown = Array.from(
      { length: count },
      (_, i) =>
        `(select "arrival" from "step${i}") as "arrival${i}", (select "admitted" from "step${i}") as "admitted${i}"`,
    )
    text = `with "clock" as materialized (select extract(epoch from clock_timestamp())::float8 * 1000 as "at"), ${steps.join(', ')}
      select (select "at" from "clock") as "at", ${shown.join(', ')}`
    texts.set(count, text)
  }
  return text
}

/** What each limit says, up to the first that refuses. */
export async function takeShared(scope: Scope, tenantId: string, buckets: Bucket[]): Promise<Counted[]> {
  const values = buckets.flatMap(({ key, rate }) => {
    const interval = intervalMs(rate)
    // The row that is not inserted holds now and one interval: what the tolerance counts from.
    const slack = toleranceMs(rate) - interval
    return [tenantId, key, interval, slack, slack, interval]
  })
  const { rows } = await scope.execute(statementFor(buckets.length), values)
  const row = rows[0] ?? {}
  const counted: Counted[] = []
  for (const [i, { rate }] of buckets.entries()) {
    const [arrival, admitted] = [row[`arrival${i}`], row[`admitted${i}`]]
    if (typeof arrival !== 'number' || typeof admitted !== 'boolean') break
    counted.push(countedAt(rate, arrival, Number(row['at']), admitted))
    if (!admitted) break
  }
  return counted
}

/** Rows whose time is over mean the same as none. */
export async function pruneShared(scope: Scope): Promise<void> {
  await scope.execute(
    'delete from "rate_limits" where "arrival" < extract(epoch from clock_timestamp())::float8 * 1000',
  )
}
