import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { ConfigProblems, parseConfig } from './config.ts'
import { createSeal } from './seal.ts'

const key = () => randomBytes(32).toString('base64url')

describe('what is sealed', () => {
  it('opens with its key and in its place, and otherwise not at all', () => {
    const seal = createSeal(key())
    const closed = seal.close('the secret 🦦', 'here')
    expect(closed).not.toContain('secret')
    expect(seal.open(closed, 'here')).toBe('the secret 🦦')
    expect(seal.open(closed, 'there')).toBeUndefined()
    expect(createSeal(key()).open(closed, 'here')).toBeUndefined()
    expect(createSeal(undefined).open(closed, 'here')).toBeUndefined()
    expect(seal.close('the secret 🦦', 'here')).not.toBe(closed)
  })

  it('does not open when any of it was changed', () => {
    const seal = createSeal(key())
    const closed = seal.close('secret', 'here')
    for (let at = 0; at < closed.length; at++) {
      const changed = closed.slice(0, at) + (closed[at] === 'A' ? 'Q' : 'A') + closed.slice(at + 1)
      expect(seal.open(changed, 'here'), changed).toBeUndefined()
    }
    for (const broken of ['', 'aes-256-gcm:', 'aes-256-gcm:AAAA', closed.slice(0, 30), 'secret'])
      expect(seal.open(broken, 'here')).toBeUndefined()
  })

  it('is plain without a key, and stays readable when there is one later', () => {
    const closed = createSeal(undefined).close('secret', 'here')
    expect(closed).toBe('plain:secret')
    expect(createSeal(key()).open(closed, 'here')).toBe('secret')
  })

  it('takes a key of exactly 32 bytes from the environment', () => {
    const good = key()
    expect(parseConfig({ ASIDE_SECRETS_KEY: good }).secretsKey).toBe(good)
    expect(parseConfig({}).secretsKey).toBeUndefined()
    for (const wrong of [good.slice(1), `${good}A`, `${good}=`, randomBytes(32).toString('hex'), 'password'])
      expect(() => parseConfig({ ASIDE_SECRETS_KEY: wrong })).toThrow(ConfigProblems)
  })
})
