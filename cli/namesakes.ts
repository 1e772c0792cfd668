/** Two of one name are allowed, and seldom meant: commands that take a name then have to be given an id. */
import { isFault } from '@aside/protocol'
import { type Output, printable } from './output.ts'

/** Says on standard error which others are called so. What was made is made: where they cannot be asked for, it says nothing. */
export async function tellNamesakes(
  { note }: Pick<Output, 'note'>,
  what: string,
  { id, name }: { id: string; name: string },
  all: () => Promise<{ id: string; name: string }[]>,
): Promise<void> {
  try {
    const others = (await all()).filter((it) => it.name === name && it.id !== id)
    if (others.length === 0) return
    const ids = others.map((it) => it.id).join(', ')
    note(`Another ${what} is called ${printable(name)}, too: ${ids}. Where it matters, say which by its id.`)
  } catch (error) {
    if (!isFault(error)) throw error
  }
}
