export { createRealtime } from './realtime.js';
export type { Realtime, RealtimeDeps } from './realtime.js';
export type { AccountBudget, Pace, RealtimeLimits } from './pace.js';
export type { Door } from './arrival.js';
export { presenceInProcess } from './presence.js';
export { presenceInRedis } from './presence.redis.js';
