import { defineEntity, type InferEntity, p } from '@mikro-orm/core'

/** What may not be erased until it is released. */
export const Holds = defineEntity({
  name: 'Hold',
  tableName: 'privacy_holds',
  properties: {
    id: p.text().primary(),
    tenantId: p.text(),
    visitorId: p.text(),
    /** Null: all there is of the visitor. */
    conversationId: p.text().nullable(),
    reason: p.text(),
    createdBy: p.text(),
    createdAt: p.datetime(),
  },
})

export type HoldRow = InferEntity<typeof Holds>
