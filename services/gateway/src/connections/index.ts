export { createRealtime } from './realtime.js';
export type { Realtime, RealtimeDeps } from './realtime.js';
export type { AccountBudget, Timings, RealtimeLimits } from '../timing/timings.js';
export type { AcceptedUpgrade } from './opening.js';
export { presenceInProcess } from '../presence/presence.js';
export { presenceInRedis } from '../presence/presence.redis.js';
