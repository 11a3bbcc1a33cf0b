import { connectionOf } from '../caller.js';
import type { ExecuteDeps, Handler } from '../deps.js';

export const attachChannel =
  ({ attachments }: Pick<ExecuteDeps, 'attachments'>): Handler<'channel.attach'> =>
  async ({ channelId, after }, caller) =>
    attachments.attach(connectionOf(caller), channelId, after, caller.trace);
