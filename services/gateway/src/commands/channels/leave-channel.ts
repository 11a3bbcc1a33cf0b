import type { ExecuteDeps, Handler } from '../deps.js';

export const leaveChannel =
  ({ core, targets }: Pick<ExecuteDeps, 'core' | 'targets'>): Handler<'member.leave'> =>
  async ({ type, channel }, caller) => {
    const channelId = await targets.channelOf(caller, channel);
    await core.topics.member.leave({ channelId }, { principal: caller.principal });
    return { type };
  };
