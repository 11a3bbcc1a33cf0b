import type { ExecuteDeps, Handler } from '../deps.js';

export const removeMember =
  ({ core }: Pick<ExecuteDeps, 'core'>): Handler<'member.remove'> =>
  async ({ type, channelId, accountId }, { principal }) => {
    await core.topics.member.remove({ channelId, accountId }, { principal });
    return { type };
  };
