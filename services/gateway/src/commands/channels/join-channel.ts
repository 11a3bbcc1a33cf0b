import type { ExecuteDeps, Handler } from '../deps.js';

export const joinChannel =
  ({ core, targets }: Pick<ExecuteDeps, 'core' | 'targets'>): Handler<'member.join'> =>
  async ({ type, channel }, caller) => {
    const channelId = await targets.channelOf(caller, channel);
    const member = await core.topics.member.join({ channelId }, { principal: caller.principal });
    return { type, member };
  };
