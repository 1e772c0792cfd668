import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { matchesSource, readPolicies, refusalOf, type Wanted } from './policy.ts'

const self = 'https://shop.example'
const chat = new URL('https://chat.example/cdn/latest/embed.js')

describe('a source of a policy', () => {
  it.for([
    ['*', 'https://chat.example/a'],
    ['*', 'http://chat.example/a'],
    ['https:', 'https://chat.example/a'],
    ['http:', 'https://chat.example/a'],
    ["'self'", 'https://shop.example/a'],
    ["'SELF'", 'https://shop.example/a'],
    ['chat.example', 'https://chat.example/a'],
    ['CHAT.example', 'https://chat.example/a'],
    ['https://chat.example', 'https://chat.example:443/a'],
    ['http://chat.example', 'https://chat.example/a'],
    ['http://chat.example:80', 'https://chat.example/a'],
    ['https://chat.example:*', 'https://chat.example:8443/a'],
    ['https://*.example', 'https://chat.example/a'],
    ['https://*:8443', 'https://chat.example:8443/a'],
    ['https://chat.example/cdn/', 'https://chat.example/cdn/latest/embed.js'],
    ['https://chat.example/cdn/a%20b.js', 'https://chat.example/cdn/a b.js'],
    ['https://chat.example/', 'https://chat.example/cdn/a.js'],
    ['http://127.0.0.1:8787', 'http://127.0.0.1:8787/v1/'],
  ] as const)('%s lets %s through', ([source, url]) => {
    expect(matchesSource(source, new URL(url), self)).toBe(true)
  })

  it.for([
    ['*', 'data:text/plain,a'],
    ['https:', 'http://chat.example/a'],
    ["'self'", 'https://shop.example:444/a'],
    ["'self'", 'http://shop.example/a'],
    ["'self'", 'https://shop.example.evil.example/a'],
    ['chat.example', 'http://chat.example/a'],
    ['https://chat.example', 'https://chat.example:8443/a'],
    ['https://chat.example', 'https://xchat.example/a'],
    ['https://*.chat.example', 'https://chat.example/a'],
    ['https://*.chat.example', 'https://evilchat.example/a'],
    ['https://chat.example/cdn', 'https://chat.example/cdn/a.js'],
    ['https://chat.example/cdn/', 'https://chat.example/other/a.js'],
    ["'none'", 'https://chat.example/a'],
    ["'unsafe-inline'", 'https://chat.example/a'],
    ["'nonce-chat.example'", 'https://chat.example/a'],
    ['https://chat.example@evil', 'https://chat.example/a'],
    ['', 'https://chat.example/a'],
  ] as const)('%s does not let %s through', ([source, url]) => {
    expect(matchesSource(source, new URL(url), self)).toBe(false)
  })
})

describe('a policy', () => {
  const refuse = (policy: string, wanted: Partial<Wanted> = {}) => {
    const [first] = readPolicies(policy)
    return first && refusalOf(first, { kind: 'script-src', url: chat, ...wanted }, self)
  }

  it('is one of several where commas part them, and none where nothing is said', () => {
    expect(readPolicies("default-src 'self', script-src *").map((it) => [...it.keys()])).toEqual([
      ['default-src'],
      ['script-src'],
    ])
    expect(readPolicies(' , ;')).toEqual([])
    expect(readPolicies(undefined)).toEqual([])
  })

  it('counts a directive once, the first time, whatever the case of its name', () => {
    expect(refuse("SCRIPT-SRC 'self'; script-src *")?.line).toBe("script-src 'self' https://chat.example")
  })

  it('says the whole directive that would do, with what it inherits, and without a none', () => {
    expect(refuse("default-src 'self' data:")?.line).toBe("script-src 'self' data: https://chat.example")
    expect(refuse("default-src 'none'")?.line).toBe('script-src https://chat.example')
    expect(refuse("script-src 'none'; script-src-elem 'self'")?.line).toBe(
      "script-src-elem 'self' https://chat.example",
    )
    expect(refuse("default-src *; child-src 'self'", { kind: 'frame-src' })?.line).toBe(
      "frame-src 'self' https://chat.example",
    )
    expect(refuse("frame-src *; child-src 'none'", { kind: 'frame-src' })).toBeUndefined()
    expect(refuse("script-src 'none'", { kind: 'connect-src' })).toBeUndefined()
  })

  it('trusts a nonce, and a hash where all that are given are known', () => {
    const policy = "script-src 'nonce-abc' 'sha384-AbC+/=' 'strict-dynamic' https://chat.example"
    expect(refuse(policy, { nonce: 'abc' })).toBeUndefined()
    expect(refuse(policy, { nonce: 'ABC' })).toEqual({ directive: 'script-src' })
    expect(refuse(policy, { integrity: 'sha384-AbC-_=' })).toBeUndefined()
    expect(refuse(policy, { integrity: 'sha384-AbC+/= sha384-other' })).toEqual({ directive: 'script-src' })
  })

  it('lets a script of the page run inline by keyword, nonce or hash', () => {
    const code = 'await import("x")'
    const inline = { code, url: undefined } as unknown as Partial<Wanted>
    const hash = `'sha256-${createHash('sha256').update(code).digest('base64')}'`
    expect(refuse("script-src 'unsafe-inline'", inline)).toBeUndefined()
    expect(refuse(`script-src ${hash}`, inline)).toBeUndefined()
    expect(refuse("script-src 'nonce-a'", { ...inline, nonce: 'a' })).toBeUndefined()
    for (const policy of ["'self'", "'unsafe-inline' 'nonce-a'", "'unsafe-inline' 'strict-dynamic'", '*'])
      expect(refuse(`script-src ${policy}`, inline)).toEqual({ directive: 'script-src' })
  })
})
