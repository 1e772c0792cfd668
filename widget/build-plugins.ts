/** What the widget's builds need beside Vite's own plugins. */
import type { Plugin } from 'vite'

/**
 * Vite 8's minifier prints string literals with backticks, while the federation plugin looks for its own marker between
 * plain quotes (https://github.com/originjs/vite-plugin-federation/issues/740).
 */
export const quotesForFederation = (): Plugin => ({
  name: 'aside:quotes-for-federation',
  generateBundle: {
    order: 'pre',
    handler(_options, bundle) {
      for (const chunk of Object.values(bundle))
        if (chunk.type === 'chunk') chunk.code = chunk.code.replace(/`(__v__css__[^`]*)`/g, "'$1'")
    },
  },
})

/** Chunks have no CSS files and are few: what Vite wraps around `import()` to preload both is of no use here. */
export const plainDynamicImports = (): Plugin => ({
  name: 'aside:plain-dynamic-imports',
  enforce: 'pre',
  load: {
    filter: { id: /vite\/preload-helper/ },
    handler: () => 'export const __vitePreload = (load) => load()',
  },
})

/** Under an address with a fragment a module is another one, and its file the same: the one that the browser may have by now. */
const ask = `
function demand(file) {
  return import(file + (demand[file] ?? '')).catch((error) => {
    demand[file] = (demand[file] ?? '#') + 1
    throw error
  })
}
`

/**
 * A module that could not be fetched has failed for as long as the page is there, says the standard, and Firefox: what is asked
 * for once more needs another address. (https://html.spec.whatwg.org/multipage/webappapis.html#fetch-a-single-module-script)
 */
export const failedImportsAgain = (): Plugin => ({
  name: 'aside:failed-imports-again',
  renderChunk(code) {
    // As long as what it stands for: the source map stays true.
    const asking = code.replace(/\bimport(?=\(["'`]\.\/[^"'`]+["'`]\))/g, 'demand')
    return asking === code ? null : { code: asking + ask, map: null }
  },
})

/**
 * Lets tree shaking reach into marked: its `marked()` convenience object is built by top-level assignments, which keep
 * the HTML renderer alive in every bundle. Without them the lexer alone is left (15.1 → 11.9 kB gzip).
 */
export const lexerOfMarkedOnly = (): Plugin => ({
  name: 'aside:lexer-of-marked-only',
  apply: 'build',
  transform: {
    filter: { id: /\/marked\/lib\/marked\.esm\.js$/ },
    handler(code) {
      const edits: { start: number; end: number; text: string }[] = []
      for (const statement of this.parse(code).body) {
        if (statement.type === 'ExpressionStatement' && statement.expression.type === 'AssignmentExpression')
          edits.push({ start: statement.start, end: statement.end, text: '' })
        if (statement.type !== 'VariableDeclaration') continue
        for (const { init } of statement.declarations)
          if (init?.type === 'NewExpression') edits.push({ start: init.start, end: init.start, text: '/*@__PURE__*/' })
      }
      if (edits.length === 0) this.error('marked is no longer laid out as this expects')
      let result = code
      for (const { start, end, text } of edits.reverse()) result = result.slice(0, start) + text + result.slice(end)
      return { code: result, map: null }
    },
  },
})

/**
 * Lets tree shaking take away how Pinia's devtools save files, which are left out of production: the choice between the ways to
 * do so looks into the browser, and would keep all of them.
 */
export const piniaWithoutFiles = (): Plugin => ({
  name: 'aside:pinia-without-files',
  apply: 'build',
  transform: {
    filter: { id: /\/pinia\/dist\/pinia\.js$/ },
    handler(code) {
      const result = code.replace(/^const saveAs = (.+);$/m, 'const saveAs = /*@__PURE__*/ (() => $1)();')
      if (result === code) this.error('Pinia is no longer laid out as this expects')
      return { code: result, map: null }
    },
  },
})
