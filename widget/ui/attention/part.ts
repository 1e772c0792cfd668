import { play, playOnce } from './sound.ts'
import { claimTitle } from './title.ts'

export { play }

/** `hasPage`: the title of this document is the page's, and what somebody sees in a tab. */
export function createTeller(hasPage: boolean) {
  const title = hasPage ? claimTitle() : undefined
  return {
    tell(unread: number, isHeard: boolean): void {
      title?.show(unread)
      if (isHeard) void playOnce()
    },
    close: () => title?.release(),
  }
}
