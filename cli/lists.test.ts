import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Aside, type Owner, startAside } from '@aside/server/testing/aside'
import { createPlace } from './testing/command.ts'

const place = createPlace()
let aside: Aside
let owner: Owner
beforeAll(async () => {
  aside = await startAside()
  owner = await aside.owner()
})
afterAll(async () => {
  await place.clean()
  await aside?.stop()
})

const nobody = (kind: string) => `${kind}_${'0'.repeat(26)}`
const [app, tenant] = [nobody('app'), nobody('ten')]

test.for([
  ['app show', app, 'aside app list'],
  ['app rename', app, 'aside app list', 'New'],
  ['origin list', app, 'aside app list'],
  ['origin add', app, 'aside app list', 'https://shop.example'],
  ['config show', app, 'aside app list'],
  ['config list', app, 'aside app list'],
  ['config activate', '99', 'aside config list'],
  ['config diff', '99', 'aside config list'],
  ['source search', 'returns', 'aside app list', '--app', app],
  ['identity mode', 'off', 'aside app list', '--app', app],
  ['identity secret revoke', nobody('ids'), 'aside identity secret list'],
  ['key create', 'site', 'aside app list', '--publishable', '--app', app],
  ['key rotate', nobody('key'), 'aside key list'],
  ['key revoke', nobody('key'), 'aside key list'],
  ['agent role', nobody('agt'), 'aside agent list', 'admin'],
  ['agent remove', nobody('agt'), 'aside agent list'],
  ['source remove', nobody('src'), 'aside source list'],
  ['tenant show', tenant, 'aside tenant list'],
  ['tenant rename', tenant, 'aside tenant list', 'New'],
  ['agent list', '--tenant', 'aside tenant list', tenant],
  ['privacy hold release', nobody('hld'), 'aside privacy hold list'],
  ['privacy hold add', nobody('vis'), 'aside privacy find', '--reason', 'case'],
  ['chat', app, 'aside app list', 'Hello?'],
])('%s %s, which is not there, points at: %s', async ([command = '', first = '', list = '', ...rest]) => {
  const env = { ASIDE_URL: aside.url, ASIDE_KEY: owner.secret }
  const { code, stderr } = await place.run([...command.split(' '), first, ...rest, '--json'], { env })
  expect(code, stderr).toBe(1)
  const { error } = JSON.parse(stderr) as { error: { code: string; hint: string } }
  expect(error.code).toMatch(/^(not_found|app_not_found)$/)
  const named = error.hint.match(/aside [a-z ]*(list|find|export)/g)
  expect(named, error.hint).toEqual([list])
})

test('of two ids, either of which may be the wrong one, both lists are named', async () => {
  const env = { ASIDE_URL: aside.url, ASIDE_KEY: aside.running.operatorToken }
  const { code, stderr } = await place.run(['app', 'show', app, '--tenant', tenant], { env })
  expect([code, stderr]).toEqual([1, expect.stringContaining('– see what there is: aside app list, aside tenant list')])
})
