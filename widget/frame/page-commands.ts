/** What the page says and can do, looked at: it is of another origin. */
import { Fault } from '@aside/protocol'
import type { ContextChange, PageTool } from '../sdk.ts'
import { absent, type Commands, isObject, text } from './commands.ts'

const isPlain = (it: unknown): it is string | number | boolean | null =>
  it === null || ['string', 'number', 'boolean'].includes(typeof it)

function contextOf(it: unknown): ContextChange {
  const isContext = (all: unknown): all is ContextChange =>
    isObject(all) && !Array.isArray(all) && Object.values(all).every(isPlain)
  if (isContext(it)) return it
  throw new Fault('invalid_input', 'A context is names with texts, numbers, true, false or null')
}

function toolOf(it: unknown): PageTool {
  const { name, description, parameters, confirm, handler } = isObject(it) ? it : {}
  if (!isObject(parameters) || Array.isArray(parameters) || typeof handler !== 'function')
    throw new Fault('invalid_input', 'A tool has a schema as its parameters, and a handler')
  return {
    name: text(name, 64),
    description: text(description, 1_000),
    parameters,
    confirm: confirm === false ? false : absent(confirm) ? undefined : text(confirm, 1_000),
    handler: (args) => handler(args),
  }
}

export const commands: Commands = {
  setContext: (widget, it) => widget.setContext(contextOf(it)),
  registerTool: (widget, it) => widget.registerTool(toolOf(it)),
  unregisterTool: (widget, it) => widget.unregisterTool(text(it, 64)),
}
