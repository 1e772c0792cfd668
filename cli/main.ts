#!/usr/bin/env node
/** The `aside` command. */
import { enableCompileCache } from 'node:module'

// Before anything large is loaded: a command that lists three keys should not spend its time compiling a server.
enableCompileCache()
const { run } = await import('./program.ts')
await run(process.argv.slice(2))
