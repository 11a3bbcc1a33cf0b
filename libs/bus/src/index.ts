export * from './bus.js';
export { checkNats, type NatsProblem } from './check-nats.js';
export type { BusCounts } from './facts.js';
export { inProcessBus } from './in-process.js';
export { connectNats } from './nats.js';
export { natsPasswordsFile, natsUsersFile } from './nats-users.js';
