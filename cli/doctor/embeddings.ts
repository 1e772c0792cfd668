/** How a page embeds Aside, as far as its source shows: tags, elements, federated imports. */
import { DomUtils, parseDocument } from 'htmlparser2'

type Element = ReturnType<typeof DomUtils.getElementsByTagName>[number]

export interface Embedding {
  way: 'tag' | 'element' | 'federated'
  /** Of the script; undefined where an element stands there without one that could be told. */
  script: URL | undefined
  /** App id or key, as it is written. */
  address: string | undefined
  /** Where the API is said to be, or where the script comes from. */
  server: URL | undefined
  /** A federated import is a script of the page itself. */
  code?: string
  nonce?: string
  integrity?: string
  crossorigin?: string
  type?: string
}

export interface Source {
  embeddings: Embedding[]
  /** `Content-Security-Policy` in `<meta>` elements. */
  metaPolicies: string[]
}

const canBeAddress = (text: string | undefined, base: URL): URL | undefined =>
  text !== undefined && URL.canParse(text, base.href) ? new URL(text, base) : undefined

/** Inert: what is in there is not run by a browser with scripts. */
const isInert = (element: Element): boolean => {
  for (let at = element.parent; at; at = at.parent)
    if ('name' in at && ['noscript', 'template'].includes(at.name)) return true
  return false
}

const fileOf = (url: URL | undefined) => url?.pathname.split('/').at(-1) ?? ''
const isAddressed = ({ attribs: it }: Element) =>
  ['data-app', 'data-widget-id', 'data-project-id', 'data-api-key'].some((name) => name in it)

/** What goes over, where it is there. */
const integrityOf = ({ attribs: it }: Element): Pick<Embedding, 'nonce' | 'integrity' | 'crossorigin' | 'type'> => ({
  ...(it['nonce'] ? { nonce: it['nonce'] } : {}),
  ...(it['integrity'] ? { integrity: it['integrity'] } : {}),
  ...(it['crossorigin'] === undefined ? {} : { crossorigin: it['crossorigin'] }),
  ...(it['type'] ? { type: it['type'] } : {}),
})

const federatedEntry = /["'`](https?:\/\/[^"'`\s]+\/remoteEntry\.js)["'`]/
const federatedApp = /\bappId\s*:\s*["'`]([^"'`\s]+)["'`]/
const federatedServer = /\bbaseUrl\s*:\s*["'`]([^"'`\s]+)["'`]/

export function readSource(html: string, page: URL): Source {
  const document = parseDocument(html)
  const named = (name: string) => DomUtils.getElementsByTagName(name, document, true).filter((it) => !isInert(it))
  const base = canBeAddress(named('base').find((it) => it.attribs['href'])?.attribs['href'], page) ?? page
  const scripts = named('script').map((element) => ({ element, url: canBeAddress(element.attribs['src'], base) }))

  const tags = scripts
    .filter(({ element, url }) => fileOf(url) === 'embed.js' && (isAddressed(element) || /\/cdn\//.test(url!.pathname)))
    .map(({ element, url }): Embedding => {
      const it = element.attribs
      const address = it['data-app'] || it['data-widget-id'] || it['data-project-id'] || it['data-api-key']
      // A secret key is one too many, wherever it stands.
      const key = it['data-api-key']?.includes('as_sk_') ? it['data-api-key'] : address
      return { way: 'tag', script: url, address: key, server: url && new URL(url.origin), ...integrityOf(element) }
    })

  const definition = scripts.find(({ url }) => /^aside-chat(\.iife)?\.js$/.test(fileOf(url)))
  const elements = named('aside-chat').map(({ attribs: it }): Embedding => {
    const said = canBeAddress(it['base-url'], base)
    const server = said ?? (definition?.url && new URL(definition.url.origin))
    const more = definition ? integrityOf(definition.element) : {}
    return { way: 'element', script: definition?.url, address: it['app-id'] ?? it['app'], server, ...more }
  })

  const imports = scripts
    .filter(({ url }) => !url)
    .flatMap(({ element }): Embedding[] => {
      const code = DomUtils.textContent(element)
      const script = canBeAddress(federatedEntry.exec(code)?.[1], base)
      if (!script) return []
      const server = canBeAddress(federatedServer.exec(code)?.[1], base) ?? new URL(script.origin)
      return [
        { way: 'federated', script, address: federatedApp.exec(code)?.[1], server, code, ...integrityOf(element) },
      ]
    })

  return {
    embeddings: [...tags, ...elements, ...imports],
    metaPolicies: named('meta')
      .filter(({ attribs: it }) => it['http-equiv']?.toLowerCase() === 'content-security-policy')
      .flatMap(({ attribs: it }) => it['content'] ?? []),
  }
}

export const wayName = { tag: 'script tag', element: '<aside-chat>', federated: 'federated remote' } as const

const idLike = /^(app_[0-9a-z]{26}|as_pk_\w+)$/
export const isAddress = (address: string | undefined): address is string =>
  address !== undefined && idLike.test(address)

/** Never the key itself. */
export const isSecret = (address: string | undefined): boolean => address?.includes('as_sk_') ?? false
