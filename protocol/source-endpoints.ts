/** The documents an app answers from, as their owner manages them. */
import * as v from 'valibot'
import { Check, Hit, Source, SourceAdded } from './admin-resources.ts'
import { endpoint } from './endpoint.ts'
import { id } from './ids.ts'
import { nextCursor, ofTenant, page } from './paging.ts'

export const MAX_SOURCE_BYTES = 10 * 1024 * 1024

const SourceName = v.pipe(
  v.string(),
  v.minLength(1, 'a name like docs/embed.md'),
  v.maxLength(400, 'at most 400 characters'),

  v.regex(/^[^\u0000-\u001f\u007f]+$/, 'no control characters'),
)

export const addSource = endpoint({
  method: 'POST',
  path: '/v1/admin/sources',
  access: 'secret',
  scope: 'sources:write',
  summary:
    'Adds a document, or replaces the one of the same name. An unchanged one is left as it is. The body is the document itself.',
  query: v.strictObject({ ...ofTenant, appId: id('app'), name: SourceName }),
  content: {
    types: ['text/markdown', 'text/plain', 'text/html', 'application/octet-stream'],
    maxBytes: MAX_SOURCE_BYTES,
  },
  status: 201,
  reply: SourceAdded,
  audit: 'source.added',
  errors: ['unsupported_source', 'invalid_encoding'],
})

export const listSources = endpoint({
  method: 'GET',
  path: '/v1/admin/sources',
  access: 'secret',
  scope: 'sources:read',
  summary: 'The documents an app answers from, by name.',
  query: v.strictObject({ ...ofTenant, appId: id('app'), ...page }),
  status: 200,
  reply: v.object({ sources: v.array(Source), nextCursor }),
})

export const removeSource = endpoint({
  method: 'DELETE',
  path: '/v1/admin/sources/:sourceId',
  access: 'secret',
  scope: 'sources:write',
  summary: 'Removes a document and its passages. Answers that cited it keep what they quoted.',
  params: v.strictObject({ sourceId: id('source') }),
  query: v.strictObject(ofTenant),
  status: 204,
  audit: 'source.removed',
})

export const searchSources = endpoint({
  method: 'GET',
  path: '/v1/admin/sources/search',
  access: 'secret',
  scope: 'sources:read',
  summary: 'What retrieval finds for a question, best first: the same search the assistant does.',
  query: v.strictObject({
    ...ofTenant,
    appId: id('app'),
    q: v.pipe(v.string(), v.minLength(1, 'a question'), v.maxLength(2_000)),
    limit: v.optional(
      v.pipe(
        v.string(),
        v.regex(/^[0-9]{1,2}$/, 'a number from 1 to 50'),
        v.transform(Number),
        v.minValue(1),
        v.maxValue(50),
      ),
      '5',
    ),
  }),
  status: 200,
  reply: v.object({ hits: v.array(Hit) }),
})

export const runChecks = endpoint({
  method: 'GET',
  path: '/v1/admin/checks',
  access: 'operator',
  summary: 'Looks at the configuration, the store and the model, and says what is wrong.',
  status: 200,
  reply: v.object({ checks: v.array(Check) }),
})
