export { createRealtime } from './realtime.js';
export type { Realtime } from './realtime.js';
export type { AccountBudget, RealtimeLimits } from '../limits/realtime-limits.js';
export type { Timings } from '../timing/timings.js';
export { presenceInProcess } from '../presence/presence.js';
export { presenceInRedis } from '../presence/presence.redis.js';
