/** What nobody asks for and has to be done from time to time: files that no message took, visitors who never spoke, usage that is too old to tell people apart. */
import type { Log } from './platform/index.ts'

const HOUR_MS = 3_600_000

interface Parts {
  log: Log
  attachments: { purge(): Promise<number> }
  unused: { purge(): Promise<number> }
  ledger: { prune(): Promise<void> }
  everyMs?: number | undefined
}

export function createTidying(parts: Parts): { start(): void; stop(): void } {
  const { log, attachments, unused, ledger, everyMs = HOUR_MS } = parts
  async function tidy(): Promise<void> {
    const files = await attachments.purge()
    if (files > 0) log.info('unused-files-purged', { files })
    const visitors = await unused.purge()
    if (visitors > 0) log.info('unused-visitors-purged', { visitors })
    await ledger.prune()
  }

  let timer: NodeJS.Timeout | undefined
  let isBusy = false
  return {
    start() {
      timer = setInterval(() => {
        if (isBusy) return
        isBusy = true
        tidy()
          .catch((error: unknown) => log.warn('tidying-failed', { reason: String(error) }))
          .finally(() => (isBusy = false))
      }, everyMs).unref()
    },
    stop: () => clearInterval(timer),
  }
}
