/** One event of the server's stream, folded into the state. Pure. */
import type { StreamEvent } from '@aside/protocol'
import type { State } from './state.ts'

export declare function fold(state: State, event: StreamEvent): State
