const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-'

/** 144 bits of chance. Not `randomUUID`: pages without TLS lack it. */
export const mintClientId = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(24)), (byte) => letters[byte & 63]).join('')
