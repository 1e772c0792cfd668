/** The server, for whoever starts one: the CLI, the demo, the tests. */
export { type Address, boot, type BootOptions, readAddress, type Running, StoreTaken, version } from './boot.ts'
export { runServer } from './main.ts'
export { type Config, ConfigProblems, parseConfig } from './platform/index.ts'
