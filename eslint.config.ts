import { dirname, relative, resolve, sep } from 'node:path'
import type { Rule } from 'eslint'
import vue from 'eslint-plugin-vue'
import { defineConfig } from 'eslint/config'
import ts from 'typescript-eslint'

/** The shelf of `docs/architecture.md`: a server domain imports only from its left, and only another domain's `index.ts`. */
const shelf = [
  'migrations',
  'platform',
  'audit',
  'tenancy',
  'keys',
  'identity',
  'agents',
  'limits',
  'auth',
  'streams',
  'files',
  'attachments',
  'conversations',
  'knowledge',
  'privacy',
  'ai',
  'inbox',
  'rooms',
  'voice',
  'webhooks',
  'insights',
]

/** Which top-level folders a folder may import from, besides itself. The widget's loader is held to nothing at all. */
const folders: Record<string, string[]> = {
  protocol: [],
  server: ['protocol'],
  widget: ['protocol'],
  cli: ['protocol', 'server'],
  'host-demo': ['protocol', 'server', 'widget'],
  bench: ['protocol', 'server', 'scripts'],
}

const root = import.meta.dirname
const words = new Set(
  'utils util helpers helper common misc manager service handler processor base data info'.split(' '),
)

function violation(file: string, target: string): string | undefined {
  const isTest = /\.test\.ts$|\/testing\//.test(file)
  const [fromFolder = '', fromDomain = ''] = file.split('/')
  const [toFolder = '', toDomain = '', ...rest] = target.split('/')
  if (toFolder !== fromFolder) {
    const allowed = folders[fromFolder]
    return allowed && !allowed.includes(toFolder) ? `${fromFolder}/ may not import from ${toFolder}/` : undefined
  }
  if (fromFolder !== 'server' || isTest || toDomain === fromDomain || !shelf.includes(fromDomain)) return undefined
  if (toDomain === 'testing') return 'only tests import from server/testing'
  if (!shelf.includes(toDomain)) return `a domain may not import ${target}`
  if (shelf.indexOf(toDomain) > shelf.indexOf(fromDomain))
    return `${fromDomain} stands left of ${toDomain}: calls go left`
  if (toDomain !== 'platform' && rest.join('/') !== 'index.ts') return `import ${toDomain}'s face, its index.ts`
  return undefined
}

const importLaw: Rule.RuleModule = {
  meta: { type: 'problem', schema: [] },
  create(context) {
    const file = relative(root, context.filename).split(sep).join('/')
    const check = (node: Rule.Node, source: unknown) => {
      if (typeof source !== 'string') return
      const workspace = /^@aside\/([a-z-]+)(?:\/(.*))?$/.exec(source)
      const target = workspace
        ? `${workspace[1]}/${workspace[2] ?? ''}`
        : source.startsWith('.')
          ? relative(root, resolve(dirname(context.filename), source))
              .split(sep)
              .join('/')
          : undefined
      const message = target && violation(file, target)
      if (message) context.report({ node, message })
    }
    return {
      ImportDeclaration: (node) => check(node as Rule.Node, node.source.value),
      ExportNamedDeclaration: (node) => check(node as Rule.Node, node.source?.value),
      ExportAllDeclaration: (node) => check(node as Rule.Node, node.source.value),
    }
  },
}

const fileNames: Rule.RuleModule = {
  meta: { type: 'problem', schema: [] },
  create(context) {
    const name = relative(root, context.filename).split(sep).at(-1) ?? ''
    return {
      Program(node) {
        const stem = name.replace(/\.(test|ce|config|d)?\.?(ts|vue|js|mjs)$/, '')
        if (words.has(stem)) context.report({ node, message: `"${stem}" says nothing: name the noun` })
        if (name.endsWith('.ts') && !/^[a-z0-9]+([-.][a-z0-9]+)*\.ts$/.test(name))
          context.report({ node, message: 'file names are kebab-case' })
      },
    }
  },
}

export default defineConfig(
  { ignores: ['**/dist', '**/node_modules', '.data', '**/fixtures', 'server/migrations/*/.snapshot*'] },
  ts.configs.recommended,
  vue.configs['flat/essential'],
  { files: ['**/*.vue'], languageOptions: { parserOptions: { parser: ts.parser } } },
  {
    plugins: { aside: { rules: { 'import-law': importLaw, 'file-names': fileNames } } },
    rules: {
      'aside/import-law': 'error',
      'aside/file-names': 'error',
      'max-lines': ['error', { max: 300 }],
      'no-console': 'error',
      'no-debugger': 'error',
      eqeqeq: ['error', 'smart'],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', destructuredArrayIgnorePattern: '^_' },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-non-null-assertion': 'off',
      'vue/multi-word-component-names': 'off',
      'vue/no-v-html': 'error',
    },
  },
  { files: ['**/*.test.ts'], rules: { 'max-lines': ['error', { max: 400 }] } },
  { files: ['cli/**', 'bench/**', 'scripts/**', 'widget/build.ts'], rules: { 'no-console': 'off' } },
)
