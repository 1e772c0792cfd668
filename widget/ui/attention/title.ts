/** How many messages wait, before the title of the page; and the page's own title back, whatever it has become meanwhile. */

interface Claim {
  show(count: number): void
  /** Twice is once. */
  release(): void
}

const claims = new Map<symbol, number>()
/** What the page calls itself, while there is something before it. */
let own: string | undefined
/** The title as it was drawn here. */
let drawn = ''
let isMade = false
let observer: MutationObserver | undefined

/** Not of the document itself: an element of the page may be called that. */
const head = () => Reflect.get(Document.prototype, 'head', document) as HTMLHeadElement
const element = () => head().querySelector('title')

/** A page that counts for itself is left alone: two counts would say nothing, and two who insist would never end. */
const isCounted = (title: string) => /^\s*\(\d+\+?\)/.test(title)

function write(text: string): void {
  const title = element()
  if (title) title.textContent = text
  else head().append(Object.assign(document.createElement('title'), { textContent: text }))
}

function restore(): void {
  observer?.disconnect()
  observer = undefined
  if (own === undefined) return
  if (element()?.textContent === drawn) {
    if (isMade) element()?.remove()
    else write(own)
  }
  own = undefined
  isMade = false
}

function draw(): void {
  const count = [...claims.values()].reduce((sum, it) => sum + it, 0)
  if (count === 0) return restore()
  const now = element()?.textContent ?? ''
  // At first, and whenever the page has said something new.
  if (own === undefined || now !== drawn) {
    own = now
    isMade = !element()
  }
  drawn = isCounted(own) ? own : `(${count}) ${own}`.trimEnd()
  if (now !== drawn) write(drawn)
  // What was just written is no news.
  observer?.takeRecords()
  if (observer) return
  observer = new MutationObserver(() => {
    if ((element()?.textContent ?? '') !== drawn) draw()
  })
  observer.observe(head(), { childList: true, subtree: true, characterData: true })
}

/** For one widget; where a page has several, their counts are added up. */
export function claimTitle(): Claim {
  const claim = Symbol()
  return {
    show(count) {
      claims.set(claim, count)
      draw()
    },
    release() {
      claims.delete(claim)
      draw()
    },
  }
}
