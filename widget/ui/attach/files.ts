/** The bytes of what was sent, as long as somebody may look at it again: fetched once, and what was just sent not at all. */
import type { Attachment } from '@aside/protocol'
import { defineStore } from 'pinia'
import { watch } from 'vue'
import { fetchFile } from '../../core/uploads.ts'
import { useChat } from '../stores/chat.ts'

const KEPT = 40

export const useFiles = defineStore('files', () => {
  const chat = useChat()
  const blobs = new Map<string, Promise<Blob>>()
  watch(
    () => chat.left,
    () => blobs.clear(),
    { flush: 'sync' },
  )

  function keep(id: string, blob: Promise<Blob>): Promise<Blob> {
    // The one used last stands last.
    blobs.delete(id)
    blobs.set(id, blob)
    for (const old of blobs.keys()) if (blobs.size > KEPT) blobs.delete(old)
    return blob
  }

  return {
    keep,
    /** Rejects with a `Fault`; asked again it is tried again. */
    blobOf: (file: Attachment): Promise<Blob> =>
      keep(
        file.id,
        blobs.get(file.id) ??
          fetchFile(file, chat.core.perform).catch((error: unknown) => {
            blobs.delete(file.id)
            throw error
          }),
      ),
  }
})

/** Has the browser save it. */
export function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.rel = 'noopener'
  link.click()
  // A browser that asks where to first reads it later.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
