/** Streams: what is durable reaches every reader once and in order, however often it breaks off; what is running is seen live. */
export { StoreFacts, StreamEvents, StreamHeads } from './entities.ts'
export { streamRoutes } from './routes.ts'
export type { RunningText } from './running-text.ts'
export { everTold } from './event-log.ts'
export { createStreams, type StreamLimits, streamLimits, type Streams } from './streams.ts'
