/** What may be asked of a widget, and what it tells. */
export type {
  Connection,
  GetToken,
  Listener,
  Look,
  MountedWidget,
  Options,
  Vouching,
  Widget,
  WidgetEvent,
  WidgetEvents,
  WidgetState,
} from '../sdk.ts'
