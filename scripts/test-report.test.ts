import { describe, expect, it } from 'vitest'
import { addUp, readReport } from './test-report.ts'

const report = (parts: object = {}) =>
  JSON.stringify({
    numPassedTests: 3,
    numFailedTests: 0,
    numPendingTests: 0,
    numTodoTests: 0,
    testResults: [{ status: 'passed', assertionResults: [{ status: 'passed' }] }],
    ...parts,
  })

describe('the sum of a test run', () => {
  it('counts what passed, failed and was skipped', () => {
    const failing = { status: 'failed', assertionResults: [{ status: 'failed' }, { status: 'failed' }] }
    const json = report({ numFailedTests: 2, numPendingTests: 4, numTodoTests: 1, testResults: [failing] })
    expect(readReport(json, false)).toEqual({ passed: 3, failed: 2, skipped: 5 })
  })

  it('counts a file that broke before its tests as one failed', () => {
    const json = report({ testResults: [{ status: 'failed', assertionResults: [] }] })
    expect(readReport(json, false)).toEqual({ passed: 3, failed: 1, skipped: 0 })
  })

  it('never passes a run that failed without saying where', () => {
    expect(readReport(report(), false).failed).toBe(1)
    expect(readReport('{"numPassed', true).failed).toBe(1)
    expect(readReport('{}', true).failed).toBe(1)
  })

  it('adds checks to tests', () => {
    expect(addUp([readReport(report(), true), { passed: 0, failed: 1, skipped: 2 }])).toEqual({
      passed: 3,
      failed: 1,
      skipped: 2,
    })
  })
})
