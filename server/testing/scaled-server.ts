/** The server as a process, as `main.ts` runs it, with the limits given as JSON in the first argument: time is scaled, nothing else. */
import process from 'node:process'
import type { BootOptions } from '../boot.ts'
import { runServer } from '../main.ts'
import { parseConfig } from '../platform/index.ts'

const limits = JSON.parse(process.argv[2] ?? '{}') as NonNullable<BootOptions['limits']>
// Stands for a defect nobody thought of: a promise that nobody waits for.
process.on('SIGUSR2', () => void Promise.reject(new Error('Nobody caught this')))
await runServer(parseConfig(process.env), { limits })
