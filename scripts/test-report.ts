/** What came out of the tests, as numbers. */
import * as v from 'valibot'

export interface Sum {
  passed: number
  failed: number
  skipped: number
}

const Report = v.object({
  numPassedTests: v.number(),
  numFailedTests: v.number(),
  numPendingTests: v.number(),
  numTodoTests: v.number(),
  /** One for each file. */
  testResults: v.array(v.object({ status: v.string(), assertionResults: v.array(v.object({ status: v.string() })) })),
})

/**
 * Reads Vitest's JSON report. A file that broke before its tests counts as one failed, and so does a run that `succeeded` not,
 * though no test says why (an error nobody caught, a report that cannot be read).
 */
export function readReport(json: string, succeeded: boolean): Sum {
  let report: v.InferOutput<typeof Report>
  try {
    report = v.parse(Report, JSON.parse(json))
  } catch {
    return { passed: 0, failed: 1, skipped: 0 }
  }
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((it) => it.status === 'failed'),
  )
  const failed = report.numFailedTests + broken.length
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && !succeeded ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}

export const addUp = (sums: Sum[]): Sum =>
  sums.reduce(
    (sum, it) => ({
      passed: sum.passed + it.passed,
      failed: sum.failed + it.failed,
      skipped: sum.skipped + it.skipped,
    }),
    { passed: 0, failed: 0, skipped: 0 },
  )
