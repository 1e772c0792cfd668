import { describe, expect, it } from 'vitest'
import { checkOrigins, problemOf } from './allowed-origins.ts'

describe('a wildcard', () => {
  it('is refused where strangers have names below it, whether the public suffix list says so or not', () => {
    const shared = ['wordpress.com', 'sharepoint.com', 'zendesk.com', 'substack.com', 'tumblr.com', 'force.com']
    const listed = ['co.uk', 'github.io', 'myshopify.com', 'vercel.app', 'web.core.windows.net']
    // Above them, and so above strangers as well.
    const above = ['windows.net', 'azure.com', 'salesforce.com', 'amazonaws.com']
    for (const host of [...shared, ...listed, ...above]) {
      expect(problemOf(`https://*.${host}`), host).toMatch(/anybody can have a name below/)
      expect(problemOf(`http://*.${host}:8080`), host).toMatch(/anybody can have a name below/)
      expect(() => checkOrigins(['https://a.example', `https://*.${host}`])).toThrow(
        expect.objectContaining({
          code: 'invalid_input',
          issues: [{ path: 'body.allowedOrigins.1', message: expect.anything() }],
        }),
      )
    }
  })

  it('is good below what one owner has, there too; and an exact origin is good anywhere', () => {
    const good = ['https://*.shop.example', 'https://*.acme.sharepoint.com', 'https://*.acme.github.io']
    const exact = ['https://acme.wordpress.com', 'https://wordpress.com', 'https://acme.github.io']
    // A name that only ends like one of them.
    const alike = ['https://*.mywordpress.com', 'https://*.notzendesk.com']
    for (const origin of [...good, ...exact, ...alike]) expect(problemOf(origin), origin).toBeUndefined()
  })
})
