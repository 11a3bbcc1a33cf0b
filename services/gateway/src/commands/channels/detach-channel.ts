import { connectionOf } from '../caller.js';
import type { ExecuteDeps, Handler } from '../deps.js';

export const detachChannel =
  ({ attachments }: Pick<ExecuteDeps, 'attachments'>): Handler<'channel.detach'> =>
  async ({ channelId }, caller) => {
    attachments.detach(connectionOf(caller), channelId);
    return { type: 'channel.detach' };
  };
