/** The one page of the demo site that needs a bundler: the Vue application with the federated widget, into `host-demo/dist`. */
import process from 'node:process'
import { build } from 'vite'
// eslint-disable-next-line aside/import-law -- a tool, not a part of the site
import { hostDemo } from '../vite.config.ts'

/** The federation plugin resolves what is shared from where the process runs. */
process.chdir(import.meta.dirname)
await build({ configFile: false, logLevel: 'warn', ...hostDemo() })
