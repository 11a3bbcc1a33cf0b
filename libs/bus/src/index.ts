export * from './bus.js';
export { checkNats } from './check-nats.js';
export { forgetDeletedAccounts, type DeletedAccounts, type HeldAccount } from './deleted-accounts.js';
export type { BusCounts } from './events.js';
export { inProcessBus } from './in-process.js';
export { connectNats } from './nats.js';
export { NatsConnectError, type NatsProblem } from './nats-problem.js';
export { natsPasswordsFile, natsUsersFile } from './nats-users.js';
