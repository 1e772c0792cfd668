/** The widget's style sheets: into its shadow roots, and nowhere else. */
import type { Component } from 'vue'

/** What `<style>` of `*.ce.vue` files says, in order. */
export const cssOf = (components: Record<string, Component>): string =>
  Object.values(components)
    .flatMap((component) => ('styles' in component ? (component.styles as string[]) : []))
    .join('\n')

const sheets = new Map<string, CSSStyleSheet>()

/**
 * One sheet for all widgets of a page. Constructed, so that a page's `style-src` has no say in it; an element with `nonce`
 * where browsers cannot. The same again: nothing.
 */
export function adoptStyles(root: ShadowRoot, css: string, nonce?: string): void {
  if ('adoptedStyleSheets' in root && 'replaceSync' in CSSStyleSheet.prototype) {
    const sheet = sheets.get(css) ?? new CSSStyleSheet()
    if (!sheets.has(css)) sheet.replaceSync(css)
    sheets.set(css, sheet)
    if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets.push(sheet)
    return
  }
  if ([...root.children].some((child) => child.textContent === css)) return
  const element = document.createElement('style')
  if (nonce) element.nonce = nonce
  element.textContent = css
  root.append(element)
}
