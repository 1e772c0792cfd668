import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { claimTitle } from './title.ts'

const told = () => new Promise((resolve) => setTimeout(resolve))

describe('the title of the page', () => {
  beforeEach(() => {
    document.head.innerHTML = '<title>  The shop </title>'
  })
  afterEach(() => {
    document.head.innerHTML = ''
  })
  const text = () => document.head.querySelector('title')?.textContent

  it('says how many messages wait, and is restored to the letter', () => {
    const claim = claimTitle()
    claim.show(2)
    expect(text()).toMatch(/^\(2\) .*The shop/)
    claim.show(3)
    expect(text()).toMatch(/^\(3\) .*The shop/)
    claim.show(0)
    expect(text()).toBe('  The shop ')
    claim.release()
    expect(text()).toBe('  The shop ')
  })

  it('follows the page, which says something else meanwhile', async () => {
    const claim = claimTitle()
    claim.show(1)
    document.title = 'The basket'
    await told()
    expect(text()).toBe('(1) The basket')
    document.head.querySelector('title')?.remove()
    document.head.append(Object.assign(document.createElement('title'), { textContent: 'The till' }))
    await told()
    expect(text()).toBe('(1) The till')
    claim.release()
    expect(text()).toBe('The till')
    document.title = 'Thank you'
    await told()
    expect(text(), 'nobody listens any longer').toBe('Thank you')
  })

  it('is no more than before on a page without one', () => {
    document.head.innerHTML = ''
    const claim = claimTitle()
    claim.show(4)
    expect(text()).toBe('(4)')
    claim.release()
    expect(document.head.innerHTML).toBe('')
  })

  it('is left to a page that counts for itself', async () => {
    document.title = '(7) Mail'
    const claim = claimTitle()
    claim.show(1)
    await told()
    expect(text()).toBe('(7) Mail')
    claim.release()
    expect(text()).toBe('(7) Mail')
  })

  it('says the sum where a page has several widgets', () => {
    const [one, other] = [claimTitle(), claimTitle()]
    one.show(1)
    other.show(2)
    expect(text()).toMatch(/^\(3\) /)
    one.release()
    expect(text()).toMatch(/^\(2\) /)
    other.release()
    expect(text()).toBe('  The shop ')
  })
})
