/**
 * The one Vite configuration. The folder it runs in chooses: `widget` and `host-demo` build themselves
 * (`vite build --config ../vite.config.ts`), at the root it is Vitest's. `widget/build.ts` runs every build of the widget.
 */
import { join, relative } from 'node:path'
import federation from '@originjs/vite-plugin-federation'
import vue from '@vitejs/plugin-vue'
import type { UserConfig } from 'vite'
import { configDefaults, defineConfig } from 'vitest/config'
import {
  failedImportsAgain,
  lexerOfMarkedOnly,
  piniaWithoutFiles,
  plainDynamicImports,
  quotesForFederation,
} from './widget/build-plugins.ts'

const root = import.meta.dirname

/** The host's copy is used where it is new enough; else the widget brings its own. */
const shared = { vue: { requiredVersion: '^3.5.0' }, pinia: { requiredVersion: '^4.0.0' } }

const production = {
  __VUE_OPTIONS_API__: 'false',
  __VUE_PROD_DEVTOOLS__: 'false',
  __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
  'process.env.NODE_ENV': '"production"',
}

/**
 * Everything lands in one flat folder, addressed relative to itself, so that it runs from any host and any path. No file names
 * its source map: who publishes them says so beside the files (`aside cdn build --with-maps`).
 */
const build = (outDir: string): UserConfig['build'] => ({
  outDir,
  emptyOutDir: false,
  assetsDir: '',
  target: 'esnext',
  modulePreload: false,
  copyPublicDir: false,
  reportCompressedSize: false,
  sourcemap: 'hidden',
})

/** On a busy machine every build is slow; that is no warning about the build. */
const checks = { pluginTimings: false }

/** (a) The federated remote: `./mount` and `./ChatWidget`. */
export const remote = (outDir = 'dist/cdn'): UserConfig => ({
  root: join(root, 'widget'),
  base: './',
  build: {
    ...build(outDir),
    rolldownOptions: {
      checks,
      input: join(root, 'widget/remote/mount.ts'),
      // One beginning for all of them, so that one rule of a `_headers` file speaks of all.
      output: { entryFileNames: 'remote-[name]-[hash].js', chunkFileNames: 'remote-[name]-[hash].js' },
    },
  },
  plugins: [
    vue(),
    lexerOfMarkedOnly(),
    quotesForFederation(),
    failedImportsAgain(),
    federation({
      name: 'aside',
      filename: 'remoteEntry.js',
      // By its whole path: beside the sources there is a folder of the same name, and the bundler would take that.
      shared: { ...shared, vue: { ...shared.vue, packagePath: join(root, 'widget/node_modules/vue') } },
      exposes: { './mount': './remote/mount.ts', './ChatWidget': './remote/ChatWidget.vue' },
    }),
  ],
})

type Format = 'es' | 'iife'

interface ModuleGraph {
  getModuleInfo(id: string): { importedIds: readonly string[] } | null
}

/**
 * What an entry imports outright is in one file with it. Left to itself the bundler puts what several lazy parts need of that into
 * files of their own: more requests for the first screen, and more bytes.
 */
function atOnce(entry: string) {
  let found: Set<string> | undefined
  const closure = (graph: ModuleGraph, id: string, seen = new Set<string>()): Set<string> => {
    if (seen.has(id)) return seen
    seen.add(id)
    for (const it of graph.getModuleInfo(id)?.importedIds ?? []) closure(graph, it, seen)
    return seen
  }
  const name = (id: string, graph: ModuleGraph) => ((found ??= closure(graph, entry)).has(id) ? 'entry' : null)
  return { groups: [{ name }] }
}

/** One entry → `<name>.js`, and what it loads later beside it as `<name>-<chunk>-<hash>.js`. */
const single = (name: string, input: string, format: Format, outDir: string, globalName?: string): UserConfig => ({
  root: join(root, 'widget'),
  base: './',
  define: format === 'iife' ? { ...production, 'import.meta': '{}' } : production,
  build: {
    ...build(outDir),
    rolldownOptions: {
      checks,
      input: join(root, 'widget', input),
      preserveEntrySignatures: 'allow-extension',
      treeshake: { propertyReadSideEffects: false, manualPureFunctions: ['v', 'id', 'endpoint'] },
      output: {
        format,
        ...(globalName ? { name: globalName } : {}),
        codeSplitting: format === 'iife' ? false : atOnce(join(root, 'widget', input)),
        entryFileNames: `${name}.js`,
        chunkFileNames: `${name}-[name]-[hash].js`,
      },
    },
  },
  plugins: [vue(), lexerOfMarkedOnly(), piniaWithoutFiles(), plainDynamicImports(), failedImportsAgain()],
})

/** (b) The script tag: the shim, and what its iframe loads. */
export const embed = (outDir: string): UserConfig => single('embed', 'embed/main.ts', 'iife', outDir)
/** What the shim fetches with its iframe. */
export const embedPort = (outDir: string): UserConfig => single('embed-port', 'embed/port.ts', 'es', outDir)
export const frame = (outDir: string): UserConfig => single('frame', 'frame/main.ts', 'es', outDir)

/** (c) `<aside-chat>`, as a module and as a plain script. */
export const element = (outDir: string): UserConfig => single('aside-chat', 'element/main.ts', 'es', outDir)
export const elementScript = (outDir: string): UserConfig =>
  single('aside-chat.iife', 'element/main.ts', 'iife', outDir, 'AsideChat')

/** For pages that were written for another product. */
export const chatwoot = (outDir: string): UserConfig => single('chatwoot', 'compat/chatwoot.ts', 'iife', outDir)
export const intercom = (outDir: string): UserConfig => single('intercom', 'compat/intercom.ts', 'iife', outDir)

export const widgetBuilds = [remote, embed, embedPort, chatwoot, intercom, frame, element, elementScript]

/** For npm: what a bundler of the page's own is to find. `@aside/widget` is whole, the components leave their framework out. */
export function npmPackage(name: 'widget' | 'vue' | 'react', outDir: string): UserConfig {
  if (name === 'widget') return single('index', 'element/main.ts', 'es', outDir)
  const config = single('index', `npm/${name}/index.ts`, 'es', outDir)
  const rolldownOptions = { ...config.build!.rolldownOptions, external: ['vue', 'react', '@aside/widget'] }
  return { ...config, build: { ...config.build, rolldownOptions } }
}

/** Where the remote is, the page says: `<meta name="aside-server" content="https://chat.example">`. */
const remoteEntry = `Promise.resolve(new URL('/cdn/latest/remoteEntry.js', document.querySelector('meta[name=aside-server]').content).href)`

export const hostDemo = (): UserConfig => ({
  root: join(root, 'host-demo'),
  define: production,
  build: {
    ...build('dist'),
    sourcemap: false,
    emptyOutDir: true,
    rolldownOptions: {
      input: { configurator: join(root, 'host-demo/federated/main.ts') },
      output: { entryFileNames: '[name].js' },
    },
  },
  plugins: [
    vue(),
    federation({
      name: 'host-demo',
      shared,
      remotes: { aside: { external: remoteEntry, externalType: 'promise', from: 'vite', format: 'esm' } },
    }),
  ],
})

/** Projects of one group run side by side, groups one after the other: who measures time is alone. */
const group = (groupOrder: number, maxWorkers = 2) => ({ maxWorkers, sequence: { groupOrder } })

const node = (name: string, timeoutMs: number, include = [`${name}/**/*.test.ts`], more: object = group(0)) => ({
  test: {
    name,
    root,
    include,
    environment: 'node',
    testTimeout: timeoutMs,
    hookTimeout: timeoutMs,
    ...more,
  },
})

/** Where every step of a test takes longer. */
const isFirefox = process.env['ASIDE_BROWSER'] === 'firefox'

/** Beside no other kind of test, and patient. */
const browsing = {
  ...group(1),
  expect: { poll: { timeout: 15_000, interval: 50 } },
}

/** What is most likely to differ from Chromium: embedding, focus, keyboard, pointer, layout. All of them: `npm run test:firefox`. */
const inFirefox = ['accessibility', 'addresses', 'embedding', 'harmless', 'placing', 'sdk']

const tests = () => ({
  test: {
    pool: 'forks' as const,
    projects: [
      node('protocol', 10_000),
      node('server', 20_000, undefined, {
        ...group(0),
        exclude: [...configDefaults.exclude, 'server/durability/**'],
      }),
      node('durability', 30_000, ['server/durability/*.test.ts'], group(2)),
      node('cli', 30_000),
      node('scripts', 30_000),
      node('browser', isFirefox ? 300_000 : 120_000, ['host-demo/**/*.test.ts'], browsing),
      node(
        'firefox',
        120_000,
        inFirefox.map((it) => `host-demo/${it}.test.ts`),
        {
          ...browsing,
          env: { ASIDE_BROWSER: 'firefox' },
        },
      ),
      {
        plugins: [vue()],
        test: {
          name: 'widget',
          root,
          include: ['widget/**/*.test.ts'],
          environment: 'happy-dom',
          css: true,
          testTimeout: 10_000,
          ...group(0),
        },
      },
    ],
  },
})

const here = relative(root, process.cwd())
export default defineConfig(here === 'widget' ? remote() : here === 'host-demo' ? hostDemo() : tests())
