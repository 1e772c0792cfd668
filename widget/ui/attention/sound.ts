/** Two soft notes, made on the spot. */

const NOTES = [
  { hertz: 659.26, atS: 0 },
  { hertz: 880, atS: 0.13 },
]
const LOUDNESS = 0.07
const FADE_S = 0.32
/** For so long no other tab says the same. */
const CLAIM_MS = 1_500

/** Before the visitor has used the page a browser lets nothing sound, and some complain of the attempt. */
const mayPlay = () => navigator.userActivation?.hasBeenActive !== false && typeof AudioContext === 'function'

/** Nothing where the browser does not let it. */
export function play(): void {
  if (!mayPlay()) return
  const context = new AudioContext()
  for (const { hertz, atS } of NOTES) {
    const at = context.currentTime + atS
    const note = new OscillatorNode(context, { frequency: hertz })
    const loudness = new GainNode(context, { gain: 0 })
    loudness.gain.setValueAtTime(0, at)
    loudness.gain.linearRampToValueAtTime(LOUDNESS, at + 0.015)
    loudness.gain.exponentialRampToValueAtTime(0.0001, at + FADE_S)
    note.connect(loudness).connect(context.destination)
    note.start(at)
    note.stop(at + FADE_S)
    if (atS === NOTES.at(-1)?.atS) note.onended = () => void context.close()
  }
}

/** The same message comes to every tab, and is heard from one. */
export async function playOnce(): Promise<void> {
  const { locks } = navigator
  if (!mayPlay()) return
  if (!locks) return play()
  await locks
    .request('aside:sound', { ifAvailable: true }, async (lock) => {
      if (!lock) return
      play()
      await new Promise((resolve) => setTimeout(resolve, CLAIM_MS))
    })
    // A sandboxed frame has locks, but may not use them.
    .catch(play)
}
