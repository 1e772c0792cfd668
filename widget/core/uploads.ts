/** Files on their way to the server: each by itself, so that one that fails, hangs or is refused holds up no other. Loaded when wanted. */
import { type Attachment, type Client, type ErrorCode, Fault, isFault, refusal, route } from '@aside/protocol'
import type * as contract from '@aside/protocol'
import { backoffMs } from './pauses.ts'
import { isRefused, type Perform } from './session.ts'

export const uploadFile = route<typeof contract.uploadFile>('POST', '/v1/files')
export const downloadFile = route<typeof contract.downloadFile>('GET', '/v1/files/:fileId')

// Restated, for the contract's own would come with the first screen; what differs from it does not compile.
export const MAX_FILE_BYTES: typeof contract.MAX_FILE_BYTES = 10_485_760
export const MAX_ATTACHMENTS: typeof contract.MAX_ATTACHMENTS = 5
export const fileTypes: typeof contract.fileTypes = [
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'application/pdf',
  'text/plain',
]

/** At once, of a phone's few connections. */
const AT_ONCE = 2
const TRIES = 3
/** Nothing has moved for so long: it will not. */
const STALL_MS = 30_000

export interface Upload {
  readonly key: number
  readonly name: string
  /** As the browser says; as the server has found once it is there. */
  readonly type: string
  readonly sizeBytes: number
  /** What is in it. Of one that was restored only pictures have come back. */
  readonly file?: Blob
  readonly status: 'waiting' | 'sending' | 'done' | 'failed'
  /** From 0 to 1. */
  readonly share: number
  /** What the server calls it, once it is there. */
  readonly attachment?: Attachment
  /** Why it `failed`; whether the same file may be tried again is the code's to say. */
  readonly error?: ErrorCode
  readonly isRetryable?: boolean
}

export interface Uploads {
  list(): readonly Upload[]
  /** As many as fit into one message; returns how many did not. A file that cannot be taken is there as `failed`. */
  add(files: readonly File[]): number
  /** These, which the server was given before, in place of those that are `done`; what it does not have any more goes again. */
  restore(attachments: readonly Attachment[]): void
  /** Takes one out; what is on the wire is cancelled. */
  remove(key: number): void
  /** Only one that failed. */
  retry(key: number): void
  /** Those that are there, in order; afterwards there are none, and what was still on its way is cancelled. */
  take(): { attachment: Attachment; file?: Blob }[]
}

/** Some kinds are none of ours before anything is sent. The rest is told by its bytes, which the server looks at. */
function refusedAtOnce({ type, size }: File): ErrorCode | undefined {
  if (size === 0) return 'body_missing'
  if (size > MAX_FILE_BYTES) return 'body_too_large'
  const isKnown = (fileTypes as readonly string[]).includes(type)
  return !isKnown && /^(?:image|audio|video|font)\//.test(type) ? 'unsupported_media_type' : undefined
}

export function createUploads(perform: Perform, onChange: (uploads: readonly Upload[]) => void): Uploads {
  const controls = new Map<number, AbortController>()
  const chosen = new Map<number, File>()
  let uploads: readonly Upload[] = []
  let nextKey = 0

  function set(next: readonly Upload[]): void {
    uploads = next
    onChange(uploads)
  }
  const change = (key: number, change: Partial<Upload>) =>
    set(uploads.map((it) => (it.key === key ? { ...it, ...change } : it)))

  function drain(): void {
    for (const upload of uploads) {
      if (controls.size >= AT_ONCE) return
      const file = chosen.get(upload.key)
      if (file && upload.status === 'waiting' && !controls.has(upload.key)) void run(upload.key, file)
    }
  }

  async function run(key: number, file: File): Promise<void> {
    const control = new AbortController()
    const { signal } = control
    controls.set(key, control)
    change(key, { status: 'sending', share: 0 })
    try {
      const attachment = await insist(file, signal, (share) => change(key, { share }))
      if (!signal.aborted) change(key, { status: 'done', share: 1, attachment })
    } catch (error) {
      if (!signal.aborted)
        change(key, {
          status: 'failed',
          error: isFault(error) ? error.code : 'internal',
          isRetryable: !isFault(error) || error.retryable,
        })
    } finally {
      controls.delete(key)
      drain()
    }
  }

  async function insist(file: File, signal: AbortSignal, onShare: (share: number) => void): Promise<Attachment> {
    for (let tries = 1; ; tries++)
      try {
        return await perform((client) => send(client, file, signal, onShare))
      } catch (error) {
        const isHopeful = isFault(error) && (error.retryable || isRefused(error)) && (error.retryAfterMs ?? 0) <= 5_000
        if (!isHopeful || tries === TRIES || signal.aborted) throw error
        onShare(0)
        await pause(backoffMs(tries - 1, error.retryAfterMs), signal)
      }
  }

  function cancel(key: number): void {
    controls.get(key)?.abort()
    controls.delete(key)
    chosen.delete(key)
  }

  function remove(key: number): void {
    cancel(key)
    set(uploads.filter((it) => it.key !== key))
    drain()
  }

  /** Is it still there? A picture comes along, to be shown. */
  async function look(key: number, attachment: Attachment): Promise<void> {
    try {
      if (attachment.type.startsWith('image/')) change(key, { file: await fetchFile(attachment, perform) })
      else await perform((client) => client.open(downloadFile, { params: { fileId: attachment.id } })).then(hangUp)
    } catch (error) {
      if (isFault(error) && error.code === 'not_found') remove(key)
    }
  }

  return {
    list: () => uploads,
    add(files) {
      const room = MAX_ATTACHMENTS - uploads.filter((it) => it.status !== 'failed').length
      const taken = files.slice(0, Math.max(0, room))
      set([
        ...uploads,
        ...taken.map((file): Upload => {
          const error = refusedAtOnce(file)
          const how = error ? { status: 'failed' as const, error, isRetryable: false } : { status: 'waiting' as const }
          const key = nextKey++
          chosen.set(key, file)
          return { key, name: file.name, type: file.type, sizeBytes: file.size, file, share: 0, ...how }
        }),
      ])
      drain()
      return files.length - taken.length
    },
    restore(attachments) {
      const before = uploads.filter(({ status }) => status !== 'done')
      const restored = attachments.map((attachment): Upload => {
        const { name, type, sizeBytes } = attachment
        return { key: nextKey++, name, type, sizeBytes, status: 'done', share: 1, attachment }
      })
      set([...restored, ...before])
      for (const { key, attachment } of restored) if (attachment) void look(key, attachment)
    },
    remove,
    retry(key) {
      const known = uploads.find((it) => it.key === key)
      if (known?.status !== 'failed') return
      change(key, { status: 'waiting', error: undefined })
      drain()
    },
    take() {
      const done = uploads.flatMap(({ attachment, file }) =>
        attachment ? [{ attachment, ...(file ? { file } : {}) }] : [],
      )
      for (const { key } of uploads) cancel(key)
      set([])
      return done
    },
  }
}

/** Its head has told enough. */
const hangUp = (response: Response) => response.body?.cancel()

const pause = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })

/** By XMLHttpRequest, for `fetch` tells nothing of what has gone up. Rejects with a `Fault`. */
function send(
  { options: { baseUrl, token } }: Client,
  file: File,
  signal: AbortSignal,
  onShare: (share: number) => void,
): Promise<Attachment> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    let timer: ReturnType<typeof setTimeout> | undefined
    const abort = () => request.abort()
    const settle = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
    }
    const fail = (fault: Fault) => {
      settle()
      reject(fault)
    }
    const alive = () => {
      clearTimeout(timer)
      timer = setTimeout(() => {
        fail(new Fault('network', 'Nothing moves'))
        abort()
      }, STALL_MS)
    }
    request.open(uploadFile.method, `${baseUrl}${uploadFile.path}?${new URLSearchParams({ name: file.name })}`)
    const bearer = token?.()
    if (bearer) request.setRequestHeader('authorization', `Bearer ${bearer}`)
    request.setRequestHeader('content-type', 'application/octet-stream')
    request.upload.onprogress = ({ loaded, total }) => {
      alive()
      // Gone up is not yet taken: the last bit is the server's.
      onShare(Math.min(0.99, loaded / Math.max(1, total)))
    }
    request.onabort = () => fail(new Fault('aborted', 'The upload was cancelled'))
    request.onerror = () => fail(new Fault('network', 'The server could not be reached'))
    request.onload = () => {
      const { status, responseText } = request
      const retryAfter = request.getResponseHeader('retry-after')
      const headers = new Headers(retryAfter === null ? [] : [['retry-after', retryAfter]])
      if (status < 200 || status > 299) return void refusal(new Response(responseText, { status, headers })).then(fail)
      try {
        const { id, name, type, sizeBytes } = JSON.parse(responseText) as Attachment
        settle()
        resolve({ id, name, type, sizeBytes })
      } catch (cause) {
        fail(new Fault('network', 'The reply broke off', { cause }))
      }
    }
    signal.addEventListener('abort', abort)
    alive()
    request.send(file)
  })
}

/** The bytes of a file that was sent. Rejects with a `Fault`. */
export const fetchFile = ({ id, type }: Attachment, perform: Perform): Promise<Blob> =>
  perform(async (client) => {
    const response = await client.open(downloadFile, { params: { fileId: id } })
    try {
      const blob = await response.blob()
      return blob.slice(0, blob.size, type)
    } catch (cause) {
      throw new Fault('network', 'The file broke off', { cause })
    }
  })
