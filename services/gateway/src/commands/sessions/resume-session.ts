import { asFault } from '@parley/contracts';
import type { ChannelId } from '@parley/contracts';
import pMap from 'p-map';
import { noInbox } from '../../inbox/inbox-subscription.js';
import type { Resumed } from '../../protocol/command.js';
import { connectionOf } from '../caller.js';
import type { CommandConnection } from '../caller.js';
import type { ExecuteDeps, Handler } from '../deps.js';

const concurrentMax = 8;

/** The inbox first, then the channels, several at once. A channel that cannot be attached does not stop the others. */
export const resumeSession =
  ({ attachments }: Pick<ExecuteDeps, 'attachments'>): Handler<'session.resume'> =>
  async ({ inbox, channels }, caller) => {
    const connection = connectionOf(caller);
    const ownInbox = inbox === undefined ? null : await refusing(resumeInbox(connection, inbox));
    const resumed = new Map<ChannelId, Resumed>();
    const resumeOne = async ([channelId, after]: readonly [ChannelId, number]): Promise<void> => {
      const attached = attachments.attach(connection, channelId, after, caller.trace);
      resumed.set(channelId, await refusing(attached.then((one) => one.resumed)));
    };
    await pMap(channels, resumeOne, { concurrency: concurrentMax });
    return { type: 'session.resume', inbox: ownInbox, channels: resumed };
  };

const resumeInbox = async ({ inbox }: CommandConnection, after: number): Promise<Resumed> => {
  if (!inbox) throw noInbox();
  return inbox.resume(after);
};

const refusing = (resumed: Promise<Resumed>): Promise<Resumed> =>
  resumed.catch((error: unknown) => ({ outcome: 'refused', fault: asFault(error) }));
