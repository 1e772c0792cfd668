/** Which version of the widget an app's visitors get. */
import * as v from 'valibot'
import { endpoint } from './endpoint.ts'
import { id } from './ids.ts'
import { ofTenant } from './paging.ts'
import { Widget, WidgetChoice } from './widget.ts'

const app = v.strictObject({ appId: id('app') })

export const readWidget = endpoint({
  method: 'GET',
  path: '/v1/admin/apps/:appId/widget',
  access: 'secret',
  scope: 'apps:read',
  summary: 'Which version of the widget the app’s visitors get, and which there are.',
  params: app,
  query: v.strictObject(ofTenant),
  status: 200,
  reply: Widget,
  versioned: true,
})

export const chooseWidget = endpoint({
  method: 'PUT',
  path: '/v1/admin/apps/:appId/widget',
  access: 'secret',
  scope: 'apps:write',
  summary:
    'Sets which version of the widget the app’s visitors get, from the next time they load it; `next` is for a share of them, and without it nobody has another. `invalid_input` for a version there is not.',
  params: app,
  query: v.strictObject(ofTenant),
  body: WidgetChoice,
  status: 200,
  reply: Widget,
  versioned: true,
  audit: 'app.widget_chosen',
})
