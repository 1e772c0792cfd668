/** Files that somebody drags over the panel, or pastes into it. */
import { bare } from '@aside/protocol/bare'

/** Without folders: they look like files, and cannot be read as such. */
export function filesOf({ items, files }: DataTransfer): File[] {
  const isFolder = Array.from(items ?? [], (it) => it.kind === 'file' && it.webkitGetAsEntry?.()?.isDirectory)
  const all = Array.from(files)
  // Text has an item and is no file: then there is nothing to tell apart by.
  return isFolder.length === all.length ? all.filter((_, at) => !isFolder[at]) : all
}

const hasFiles = (data: DataTransfer | null): data is DataTransfer => data?.types.includes('Files') ?? false

/** Returns the way out. */
export function watchOffers(
  element: HTMLElement,
  on: { isWelcome(): boolean; over(isOver: boolean): void; take(data: DataTransfer): void },
): () => void {
  const control = new AbortController()
  const listen = <K extends keyof HTMLElementEventMap>(type: K, listener: (event: HTMLElementEventMap[K]) => void) =>
    element.addEventListener(type, listener, bare({ signal: control.signal }))

  function drag(event: DragEvent): void {
    const { dataTransfer } = event
    if (!hasFiles(dataTransfer)) return
    // A file that nobody takes would be opened in place of the page.
    event.preventDefault()
    const isWelcome = on.isWelcome()
    dataTransfer.dropEffect = isWelcome ? 'copy' : 'none'
    on.over(isWelcome && event.type !== 'drop')
    if (isWelcome && event.type === 'drop') on.take(dataTransfer)
  }
  listen('dragenter', drag)
  listen('dragover', drag)
  listen('drop', drag)
  listen('dragleave', ({ relatedTarget }) => {
    if (!(relatedTarget instanceof Node && element.contains(relatedTarget))) on.over(false)
  })
  listen('paste', (event) => {
    const { clipboardData: data } = event
    // What office programs copy is text, and a picture of the text.
    if (!hasFiles(data) || data.types.includes('text/plain') || !on.isWelcome()) return
    event.preventDefault()
    on.take(data)
  })
  return () => control.abort()
}
