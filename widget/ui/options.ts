/** What may be asked of a widget, and what it tells. */
export type {
  Connection,
  GetToken,
  Listener,
  Look,
  MountedWidget,
  Options,
  PageTool,
  Vouching,
  Widget,
  WidgetEvent,
  WidgetEvents,
  WidgetState,
} from '../sdk.ts'
