import { defineEntity, p } from '@mikro-orm/core'

/** Where each visitor's stream stands. Its row is the lock that keeps `seq` without gaps. */
export const StreamHeads = defineEntity({
  name: 'StreamHead',
  tableName: 'stream_heads',
  properties: {
    visitorId: p.text().primary(),
    tenantId: p.text(),
    seq: p.integer(),
  },
})

export const StreamEvents = defineEntity({
  name: 'StreamEvent',
  tableName: 'stream_events',
  properties: {
    visitorId: p.text().primary(),
    seq: p.integer().primary(),
    tenantId: p.text(),
    name: p.text(),
    /** As it goes over the wire: JSON, on one line. */
    payload: p.text(),
    createdAt: p.datetime(),
  },
})

/** What belongs to the store as a whole, such as its epoch. */
export const StoreFacts = defineEntity({
  name: 'StoreFact',
  tableName: 'store_facts',
  properties: { name: p.text().primary(), value: p.text() },
})
