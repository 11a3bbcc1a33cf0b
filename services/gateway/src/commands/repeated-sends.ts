import { setTimeout as sleep } from 'node:timers/promises';
import { deadlineIn, isFault } from '@parley/contracts';
import type { Core } from '../core.js';

const sendMs = 10_000;
const pauseMinMs = 100;
const pauseMaxMs = 1_000;
/** The answer may be lost although the message was stored: with the same client id, repeating the call is safe. */
const repeatedFor = new Set(['deadline_exceeded', 'bus_down', 'no_responders']);

/** The core for REST: repeats a send whose answer was lost, with the same client id, as the gateway does for sockets. */
export const repeatSends = (core: Core): Core => ({
  ...core,
  chat: {
    ...core.chat,
    message: {
      ...core.chat.message,
      async send(input, { principal, deadline = deadlineIn(sendMs) }) {
        for (let pauseMs = pauseMinMs; ; pauseMs = Math.min(pauseMs * 2, pauseMaxMs)) {
          try {
            return await core.chat.message.send(input, { principal, deadline });
          } catch (error) {
            const isLost = isFault(error) && error.code === 'unavailable' && repeatedFor.has(error.reason);
            if (!isLost || deadlineIn(pauseMs) >= deadline) throw error;
            await sleep(pauseMs);
          }
        }
      },
    },
  },
});
