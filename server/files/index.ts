/** Files: the widget's builds with the right headers, and the iframe's document that only allowed pages may frame. */
export { builtWidget } from './cdn-folder.ts'
export { type Cdn, openCdn } from './cdn.ts'
export { fileRoutes, widgetRoutes } from './routes.ts'
export { createWidgets, type Widgets } from './widgets.ts'
