import { addSource, listSources, removeSource, searchSources } from '@aside/protocol'
import { type Route, serve } from '../platform/index.ts'
import type { Knowledge } from './knowledge.ts'

export const knowledgeRoutes = (knowledge: Knowledge): Route[] => [
  serve(addSource, async ({ scope, query: { appId, name }, content, ctx, replayed }) => {
    const added = await knowledge.addSource(scope, { appId, name, mimeType: content.type, body: content.bytes })
    if (added.outcome === 'unchanged') replayed()
    else if (added.outcome === 'updated') ctx.status = 200
    return added
  }),
  serve(listSources, async ({ scope, query }) => {
    const { items, ...rest } = await knowledge.listSources(scope, query.appId, query)
    return { sources: items, ...rest }
  }),
  serve(removeSource, async ({ scope, params }) => {
    await knowledge.removeSource(scope, params.sourceId)
    return undefined
  }),
  serve(searchSources, async ({ scope, query: { appId, q, limit } }) => ({
    hits: await knowledge.search(scope, { appId, query: q, limit }),
  })),
]
