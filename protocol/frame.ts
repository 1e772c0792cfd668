/**
 * What a host page and the widget's iframe say to each other. Every message is checked against this, comes over a
 * transferred `MessagePort`, and the port itself is handed over with an exact `targetOrigin`: never `'*'`.
 */
import * as v from 'valibot'

export const FRAME_VERSION = 1

const Size = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(100_000))
const Word = v.pipe(v.string(), v.maxLength(200))
/** A signed identity: over the port, or to the frame's exact origin, and nowhere else. */
const Token = v.pipe(v.string(), v.maxLength(8_192))
const Text = v.pipe(v.string(), v.maxLength(8_000))

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
  viewport: v.optional(v.object({ width: Size, height: Size })),
  /** The side and the layer of the bubble, where the tag says them: then the app's own are not asked for. */
  position: v.optional(Word),
  zIndex: v.optional(Word),
  /** Who the visitor is, as the page's server signed it, and what its claims have to be. */
  identity: v.optional(Token),
  sig: v.optional(Token),
  user: v.optional(Word),
  project: v.optional(Word),
})

export type FrameInit = v.InferOutput<typeof FrameInit>

/** Page → frame, over the port. */
export const PageMessage = v.variant('type', [
  v.object({ type: v.literal('open') }),
  v.object({ type: v.literal('close') }),
  v.object({ type: v.literal('resize'), width: Size, height: Size }),
  v.object({
    type: v.literal('command'),
    /** With one, the frame answers by `result`. */
    id: v.optional(v.number()),
    command: v.picklist(['send', 'prefill', 'newConversation', 'identify', 'logout', 'destroy']),
    text: v.optional(Text),
  }),
  /** The answer to the frame's `token`. Without one nobody is signed in. */
  v.object({ type: v.literal('token'), token: v.nullish(Token) }),
])
export type PageMessage = v.InferOutput<typeof PageMessage>

/** Frame → page, over the port. */
export const FrameMessage = v.variant('type', [
  /** It listens. */
  v.object({ type: v.literal('ready') }),
  v.object({ type: v.literal('close') }),
  v.object({ type: v.literal('unread'), count: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(999)) }),
  /** `ready` and `look` bring how the app wants the bubble, as far as the tag has not said. */
  v.object({
    type: v.literal('event'),
    name: v.picklist(['ready', 'look', 'sent', 'received']),
    look: v.optional(
      v.object({
        color: v.pipe(v.string(), v.regex(/^#[0-9a-f]{6}$/i)),
        radius: v.optional(v.pipe(v.number(), v.integer())),
        position: v.optional(v.picklist(['left', 'right'])),
        zIndex: v.optional(v.pipe(v.number(), v.integer())),
      }),
    ),
  }),
  /** Says who the visitor is? */
  v.object({ type: v.literal('token') }),
  v.object({ type: v.literal('result'), id: v.number() }),
  v.object({ type: v.literal('error'), id: v.optional(v.number()), code: v.string() }),
])
export type FrameMessage = v.InferOutput<typeof FrameMessage>
