/**
 * What a host page and the widget's iframe say to each other. Every message is checked against this, comes over a
 * transferred `MessagePort`, and the port itself is handed over with an exact `targetOrigin`: never `'*'`.
 */
import * as v from 'valibot'

export const FRAME_VERSION = 2

const Size = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(100_000))
const Offset = v.pipe(v.number(), v.finite())
const Word = v.pipe(v.string(), v.maxLength(200))
/** A signed identity: over the port, or to the frame's exact origin, and nowhere else. */
const Token = v.pipe(v.string(), v.maxLength(8_192))
const Whole = v.pipe(v.number(), v.integer(), v.minValue(0))

/** What a page may ask of the widget in the frame. What concerns the bubble, the page does by itself. */
export const frameCommands = [
  'send',
  'prefill',
  'startConversation',
  'showConversation',
  'identify',
  'logout',
  'setLocale',
  'setTheme',
  'setConsent',
  'setContext',
  'registerTool',
  'unregisterTool',
] as const
export type FrameCommand = (typeof frameCommands)[number]

/** A function of the page among the arguments travels as `{ $fn: number }`: the frame calls it by that number. */
export const FunctionNumber = v.object({ $fn: Whole })

const Command = v.object({
  type: v.literal('command'),
  /** The frame answers by a `result` with the same. */
  id: Whole,
  command: v.picklist(frameCommands),
  args: v.pipe(v.array(v.unknown()), v.maxLength(4)),
})

/** The frame says that it listens; the page answers with `init` and a port. The only two that travel by `window.postMessage`. */
export const FrameHello = v.object({ aside: v.literal('ready'), version: v.number() })
export type FrameHello = v.InferOutput<typeof FrameHello>
export const FrameInit = v.object({
  aside: v.literal('init'),
  version: v.number(),
  appId: v.string(),
  /** Drawn by the page: the frame shows the panel only. */
  open: v.boolean(),
  locale: v.optional(v.pipe(v.string(), v.maxLength(35))),
  theme: v.optional(v.picklist(['light', 'dark', 'auto'])),
  /** Absent: a bubble of the page shows and hides it. */
  mode: v.optional(v.picklist(['inline', 'page'])),
  /** `false`: nothing is stored before `setConsent(true)`. */
  consent: v.optional(Word),
  /** Who the visitor is, as the page's server signed it, and what its claims have to be. */
  identity: v.optional(Token),
  sig: v.optional(Token),
  user: v.optional(Word),
  project: v.optional(Word),
  /** What the page has asked for before there was a frame, in order. */
  calls: v.optional(v.pipe(v.array(Command), v.maxLength(1_000))),
})

export type FrameInit = v.InferOutput<typeof FrameInit>

/** Page → frame, over the port. */
export const PageMessage = v.variant('type', [
  v.object({ type: v.literal('open') }),
  v.object({ type: v.literal('close') }),
  Command,
  /** What a `call` gave, or why it did not. */
  v.object({
    type: v.literal('result'),
    id: Whole,
    value: v.optional(v.unknown()),
    error: v.optional(v.pipe(v.string(), v.maxLength(500))),
  }),
])
export type PageMessage = v.InferOutput<typeof PageMessage>

/** Frame → page, over the port. */
export const FrameMessage = v.variant('type', [
  /** Something the page has asked for shows the panel. */
  v.object({ type: v.literal('open') }),
  v.object({ type: v.literal('close') }),
  /** It listens, and this is how things are; then with every change. */
  v.object({ type: v.literal('state'), state: v.record(v.string(), v.unknown()) }),
  v.object({ type: v.literal('event'), name: Word, detail: v.optional(v.unknown()) }),
  /** A function of the page is to be called. */
  v.object({ type: v.literal('call'), id: Whole, fn: Whole, args: v.array(v.unknown()) }),
  /** `error`: a code. */
  v.object({ type: v.literal('result'), id: Whole, value: v.optional(v.unknown()), error: v.optional(Word) }),
  /** It wants to be moved about: with a port, over which the page says `PageRoom` and the frame says `FrameBox`. */
  v.object({ type: v.literal('move') }),
])
export type FrameMessage = v.InferOutput<typeof FrameMessage>

/** Where a frame stands in the window of the page. CSS pixels. */
const Box = v.object({ left: Offset, top: Offset, width: Size, height: Size })

/** Page → frame, at first and whenever it is otherwise: the window of the page. CSS pixels. */
export const PageRoom = v.object({
  width: Size,
  height: Size,
  /** Of the launcher. */
  side: v.picklist(['left', 'right']),
  /** Where the frame stands. Absent: it covers the page, and is not moved. */
  box: v.optional(Box),
})
export type PageRoom = v.InferOutput<typeof PageRoom>

/** Frame → page: where to stand. `null`: where it would without having been moved. */
export const FrameBox = v.nullable(Box)
export type FrameBox = v.InferOutput<typeof FrameBox>
