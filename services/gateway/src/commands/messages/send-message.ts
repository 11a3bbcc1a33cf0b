import { Fault } from '@parley/contracts';
import type { AccountId, ChannelSnapshot, SendInput } from '@parley/contracts';
import type { Core } from '../../core.js';
import type { CommandOf } from '../../protocol/command.js';
import type { Caller } from '../caller.js';
import type { ExecuteDeps, Handler } from '../deps.js';
import type { Resolved, TargetResolver } from '../target-resolver.js';
import { commit } from './commit.js';
import { ownClientId } from './own-client-id.js';

type Send = CommandOf<'message.send'>;
type ChatSent = Awaited<ReturnType<Core['chat']['message']['send']>>;
type Deps = Pick<ExecuteDeps, 'core' | 'targets' | 'timings'>;

/** One call of chat, which also authorizes; repeated with the same client id while its answer is lost. */
export const sendMessage =
  ({ core, targets, timings }: Deps): Handler<'message.send'> =>
  async (command, caller) => {
    const { principal, trace } = caller;
    const resolved = await targets.resolve(caller, command.target);
    await refuseAbsent(targets, caller, command, resolved);
    const input = inputOf(command, caller, resolved);
    const sent = await commit({ timings }, caller, (deadline) =>
      core.chat.message.send(input, { principal, deadline, trace, isParsed: command.isParsed === true }),
    );
    const result = resultOf(sent, principal.accountId);
    if (!command.reach) return result;
    return { ...result, reached: await reachOf(targets, caller, resolved, result.channel) };
  };

/** What chat is asked. */
export const inputOf = (
  { content, raw, clientId, reference, replyTo, threadRoot, alsoInChannel = false }: Send,
  caller: Caller,
  { target, membersOnly }: Resolved,
): SendInput => ({
  target,
  clientId: clientId ?? ownClientId(caller),
  reference,
  content,
  raw,
  origin: caller.connection ? { connectionId: caller.connection.id } : undefined,
  membersOnly,
  replyTo,
  threadRoot,
  alsoInChannel,
});

/** What chat answered, as `accountId` sees it. */
export const resultOf = ({ inbox, ...sent }: ChatSent, accountId: AccountId) => ({
  type: 'message.send' as const,
  ...sent,
  inboxSequence: inbox.find((place) => place.accountId === accountId)?.sequence ?? null,
});

const refuseAbsent = async (
  targets: TargetResolver,
  { principal }: Caller,
  { reach }: Send,
  { target, isHere }: Resolved,
): Promise<void> => {
  if (reach !== 'or_refuse' || isHere || !('directWith' in target)) return;
  if (await targets.isHere(principal.realm, target.directWith)) return;
  throw new Fault('not_found', 'recipient_absent', 'The recipient is not connected');
};

const reachOf = async (
  targets: TargetResolver,
  { principal }: Caller,
  { target, isHere }: Resolved,
  channel: ChannelSnapshot,
): Promise<number> =>
  'directWith' in target
    ? Number(isHere ?? (await targets.isHere(principal.realm, target.directWith)))
    : targets.count(principal.realm, channel, principal.accountId);
