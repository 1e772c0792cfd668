import { defineEntity, p } from '@mikro-orm/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { entities } from '../app.ts'
import { openDb } from '../platform/index.ts'
import { type Beside, databaseOf, openBeside } from '../testing/beside.ts'
import { createStore, type TestStore } from '../testing/stores.ts'
import { belonging, createTables, nobodys, places } from './places.ts'

describe('the map of whose rows are whose', () => {
  const tables = createTables(entities)
  let store: TestStore
  let beside: Beside
  beforeAll(async () => {
    store = await createStore('sqlite')
    const db = await openDb(databaseOf(store), entities)
    await db.migrate()
    await db.close()
    beside = await openBeside(store)
  })
  afterAll(async () => {
    await beside?.close()
    await store?.drop()
  })
  const read = async (text: string) => (await beside.db.execute(undefined, text, [])).rows

  it('has every table, and says what to add where one is forgotten', async () => {
    const stored = await read(
      "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' and name not like 'mikro_orm_%'",
    )
    const known = [...Object.keys(places), ...nobodys].sort()
    expect(
      stored.map((it) => it['name']).sort(),
      'a table was added: say in server/privacy/places.ts whose its rows are',
    ).toEqual(known)
    const Diary = defineEntity({ name: 'Diary', tableName: 'diaries', properties: { id: p.text().primary() } })
    expect(() => createTables([...entities, Diary])).toThrow(/rows of "diaries"\? Add it to places in server\/privacy/)
  })

  it('lets a table go before those it refers to, so that no reference is ever broken', async () => {
    const order = Object.keys(places)
    for (const [i, name] of order.entries())
      for (const { table } of (await read(`select "table" from pragma_foreign_key_list('${name}')`)) as {
        table: string
      }[])
        expect(order.indexOf(table), `${name} refers to ${table}: it has to stand before it`).toBeGreaterThan(i)
  })

  it('finds the rows of a tenant in all of them, and of a visitor in all that have a column for one', () => {
    for (const table of tables) expect(belonging(table, 'tenants', ['t']), table.name).toBeDefined()
    for (const { meta } of entities)
      if ('visitorId' in meta.properties || 'conversationId' in meta.properties)
        expect(
          belonging(
            tables.find((it) => it.name === meta.tableName)!,
            'visitors',
            ['v'],
          ),
          `${meta.tableName} has a visitor`,
        ).toBeDefined()
    for (const { meta } of entities)
      if ('appId' in meta.properties)
        expect(
          belonging(
            tables.find((it) => it.name === meta.tableName)!,
            'apps',
            ['a'],
          ),
          `${meta.tableName} has an app`,
        ).toBeDefined()
  })

  const isBytes = (type: unknown) => String(type).includes('Blob')

  it('shows no column in an export that holds a hash, a secret, or bytes that nobody sent', () => {
    for (const { meta } of entities) {
      const place = places[meta.tableName!]
      if (!place || place.isDerived) continue
      for (const [column, { type }] of Object.entries(meta.properties as Record<string, { type: unknown }>))
        if (/hash|secret$|sealed|token$|password|kid$/i.test(column) || (isBytes(type) && place.bytes !== column))
          expect(place.hidden ?? [], `${meta.tableName}.${column}: hidden, in server/privacy/places.ts`).toContain(
            column,
          )
    }
  })
})
