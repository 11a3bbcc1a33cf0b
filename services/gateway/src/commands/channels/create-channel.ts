import { Fault, ShortNumber } from '@parley/contracts';
import type { AccountId } from '@parley/contracts';
import pMap from 'p-map';
import { systemOf } from '../../protocol/scopes.js';
import type { MemberReference } from '../../protocol/channel-command.js';
import { creationKeyOf } from '../caller.js';
import type { Caller } from '../caller.js';
import type { ExecuteDeps, Handler } from '../deps.js';

const concurrentMax = 20;

type Deps = Pick<ExecuteDeps, 'core'>;

export const createChannel =
  (deps: Deps): Handler<'channel.create'> =>
  async ({ type, members = [], ...wish }, caller) => {
    const memberIds = await accountsOf(deps, caller, members);
    const input = { ...wish, memberIds, creationKey: creationKeyOf(caller) };
    const channel = await deps.core.topics.channel.create(input, { principal: caller.principal });
    return { type, channel };
  };

/** The members by id, each once; throws a fault that names the first number that no account has. */
const accountsOf = async (
  { core }: Deps,
  { principal }: Caller,
  members: readonly MemberReference[],
): Promise<AccountId[]> => {
  const find = async (number: number): Promise<AccountId | null> => {
    if (!ShortNumber.safeParse(number).success) return null;
    const options = { principal: systemOf(principal.realm) };
    return (await core.auth.account.find({ reference: { number } }, options))?.id ?? null;
  };
  const ids = members.flatMap((member) => ('id' in member ? [member.id] : []));
  const numbers = [...new Set(members.flatMap((member) => ('number' in member ? [member.number] : [])))];
  const found = await pMap(numbers, find, { concurrency: concurrentMax });
  const named = found.map((id, index) => {
    if (id === null) throw new Fault('not_found', 'account_not_found', `User with ID ${numbers[index]} not found`);
    return id;
  });
  return [...ids, ...named];
};
