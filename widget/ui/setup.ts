/** What one mounted widget gives to everything inside it. */
import { inject, type InjectionKey, type ShallowRef } from 'vue'
import type { Backing, Core } from '../core/index.ts'
import type { Floating, Framed } from './create-mount.ts'
import type { Options, PageTool, WidgetEvent, WidgetEvents } from './options.ts'

export interface Setup {
  /** What only a floating widget has; in a frame there is none. */
  readonly floating: Floating | undefined
  /** What only a panel in a frame has that stands on somebody else's page. */
  readonly framed: Framed | undefined
  readonly options: Readonly<ShallowRef<Options>>
  /** What the page can do. */
  readonly tools: Readonly<ShallowRef<readonly PageTool[]>>
  /** What may be stored, and for how long, is the visitor's to say. */
  readonly storage: Backing
  createCore(onLeft: () => void): Core
  /** Styles of a part that came later. */
  adopt(css: string): void
  tell<E extends WidgetEvent>(event: E, detail: WidgetEvents[E]): void
}

export const setupKey: InjectionKey<Setup> = Symbol('aside')

export function useSetup(): Setup {
  const setup = inject(setupKey)
  if (!setup) throw new Error('outside of a mounted widget')
  return setup
}
