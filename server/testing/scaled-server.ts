/** The server as a process, as `main.ts` runs it, with its limits as JSON in the first argument: time is scaled, nothing else. */
import process from 'node:process'
import { runServer } from '../main.ts'
import { parseConfig } from '../platform/index.ts'

export type Scaled = Pick<NonNullable<Parameters<typeof runServer>[1]>, 'limits' | 'closing'>

// Stands for a defect nobody thought of: a promise that nobody waits for.
process.on('SIGUSR2', () => void Promise.reject(new Error('Nobody caught this')))
await runServer(parseConfig(process.env), JSON.parse(process.argv[2] ?? '{}') as Scaled)
