export { ParleyClient } from './client.js';
export type { ClientEvents, ClientOptions, ConnectOptions } from './client-options.js';
export type { MethodName, Methods, Result, Schemas } from './protocol.js';
export { ParleyError, isParleyError, isPassing, isRetryable } from './parley-error.js';
export { type EntryOptions, RestApi, signIn, signUp } from './rest-api.js';
export type { UpgradeAnswer } from './refused-upgrade.js';
export type { SocketConstructor, SocketLike } from './socket-like.js';
export type { Attached } from './streams.js';
export * from './types.js';
