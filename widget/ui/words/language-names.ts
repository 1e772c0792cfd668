import { locales } from './index.ts'

/** The languages there are words in, the widget's and the owner's (`own`, BCP 47), each called by its own name. */
export function languageNames(own: string[]): { tag: string; name: string }[] {
  const tags = new Map([...locales, ...own].map((tag) => [tag.toLowerCase(), tag]))
  return [...tags.values()]
    .map((tag) => {
      const name = new Intl.DisplayNames([tag], { type: 'language', fallback: 'code' }).of(tag) ?? tag
      return { tag, name: name.charAt(0).toLocaleUpperCase(tag) + name.slice(1) }
    })
    .sort((a, b) => a.name.localeCompare(b.name))
}
