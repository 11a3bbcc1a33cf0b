import type { Member } from '@parley/contracts';
import type { CommandOf } from '../../protocol/command.js';
import type { Caller } from '../caller.js';
import type { ExecuteDeps, Handler } from '../deps.js';

type Deps = Pick<ExecuteDeps, 'core'>;

export const putMember =
  (deps: Deps): Handler<'member.put'> =>
  async (command, caller) => ({ type: command.type, member: await put(deps, command, caller) });

// Ownership can only go to an existing member: adding a member and then failing to transfer ownership would be a partial change.
const put = async (
  { core }: Deps,
  { channelId, accountId, role }: CommandOf<'member.put'>,
  { principal }: Caller,
): Promise<Member> => {
  if (role === 'owner') return core.topics.member.setRole({ channelId, accountId, role }, { principal });
  const member = await core.topics.member.add({ channelId, accountId, ...(role && { role }) }, { principal });
  if (role === undefined || member.role === role) return member;
  return core.topics.member.setRole({ channelId, accountId, role }, { principal });
};
