/** Every endpoint there is. What is not listed is not reachable: the server walks this table, and so do the tests. */
import * as v from 'valibot'
import * as agents from './agent-endpoints.ts'
import * as course from './course-endpoints.ts'
import { endpoint, type Endpoint } from './endpoint.ts'
import * as files from './file-endpoints.ts'
import * as identity from './identity-endpoints.ts'
import * as privacy from './privacy-endpoints.ts'
import * as sources from './source-endpoints.ts'
import * as tenancy from './tenancy-endpoints.ts'
import * as usage from './usage-endpoints.ts'
import * as visitor from './visitor-endpoints.ts'
import * as widget from './widget-endpoints.ts'

export * from './identity-endpoints.ts'
export * from './agent-endpoints.ts'
export * from './course-endpoints.ts'
export * from './file-endpoints.ts'
export * from './privacy-endpoints.ts'
export * from './source-endpoints.ts'
export * from './tenancy-endpoints.ts'
export * from './usage-endpoints.ts'
export * from './visitor-endpoints.ts'
export * from './widget-endpoints.ts'

export const readHealth = endpoint({
  method: 'GET',
  path: '/healthz',
  access: 'public',
  summary: 'Is the process alive?',
  rate: 'none',
  status: 200,
  reply: v.object({ status: v.literal('ok') }),
})

export const readReadiness = endpoint({
  method: 'GET',
  path: '/readyz',
  access: 'public',
  summary: 'May traffic come? `503` while starting, draining, or without the store.',
  rate: 'none',
  status: 200,
  reply: v.object({ status: v.literal('ready') }),
  errors: ['shutting_down', 'store_unavailable'],
})

const { MAX_SOURCE_BYTES: _, ...sourceEndpoints } = sources
const { Left: _left, ...visitorEndpoints } = visitor
const {
  ExportLine: _line,
  Erased: _erased,
  Hold: _hold,
  NewHold: _newHold,
  Retained: _retained,
  ...privacyEndpoints
} = privacy
const { uploadFile, downloadFile } = files
const { readUsage, readUsageToday, listNotices } = usage

export const endpoints = {
  ...visitorEndpoints,
  ...course,
  uploadFile,
  downloadFile,
  ...tenancy,
  ...identity,
  ...widget,
  ...agents,
  ...sourceEndpoints,
  ...privacyEndpoints,
  readUsage,
  readUsageToday,
  listNotices,
  readHealth,
  readReadiness,
} satisfies Record<string, Endpoint>
export type EndpointName = keyof typeof endpoints
