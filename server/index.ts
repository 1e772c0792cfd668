/** The server, for whoever starts one: the CLI, the demo, the tests. */
export { type Address, readAddress } from './address.ts'
export { boot, type BootOptions, type Running, StoreTaken, version } from './boot.ts'
export { runServer } from './main.ts'
export { migrateStore } from './migrate.ts'
export { inspectBackup, type Inspected, NoBackup, restoreBackup } from './restore.ts'
export { type Config, ConfigProblems, parseConfig } from './platform/index.ts'
