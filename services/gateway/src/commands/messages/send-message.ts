import { createHash, randomUUID } from 'node:crypto';
import { Fault } from '@parley/contracts';
import type { ChannelSnapshot } from '@parley/contracts';
import type { CommandOf } from '../../protocol/command.js';
import type { Caller } from '../caller.js';
import type { ExecuteDeps, Handler } from '../deps.js';
import { isLostAnswer, repeatWhileLost } from '../lost-answers.js';
import type { Resolved, TargetResolver } from '../target-resolver.js';

type Send = CommandOf<'message.send'>;
type Deps = Pick<ExecuteDeps, 'core' | 'targets' | 'timings'>;

/** One call of chat, which also authorizes; repeated with the same client id while its answer is lost. */
export const sendMessage =
  ({ core, targets, timings }: Deps): Handler<'message.send'> =>
  async (command, caller) => {
    const { principal, connection } = caller;
    const resolved = await targets.resolve(caller, command.target);
    await refuseAbsent(targets, caller, command, resolved);
    const input = inputOf(command, caller, resolved);
    const deadline = caller.receivedAt + timings.sendMs;
    const isWanted = (): boolean => connection?.isLive ?? true;
    const sent = await repeatWhileLost(() => core.chat.message.send(input, { principal, deadline }), {
      deadline,
      isWanted,
      // A response over REST can say "try again" at once.
      repeatsUndelivered: connection !== null,
    }).catch((error: unknown) => {
      // On a socket a fault has no status that says "try again".
      throw connection && isLostAnswer(error) ? notKept(error) : error;
    });
    const { message, channel, inbox, repeated } = sent;
    const place = inbox.find(({ accountId }) => accountId === principal.accountId);
    const result = {
      type: 'message.send' as const,
      message,
      channel,
      inboxSequence: place?.sequence ?? null,
      repeated,
    };
    if (!command.reach) return result;
    return { ...result, reached: await reachOf(targets, caller, resolved, channel) };
  };

const inputOf = ({ content, raw, clientId, reference }: Send, caller: Caller, { target, membersOnly }: Resolved) => ({
  target,
  content,
  clientId: clientId ?? ownClientId(caller),
  ...(caller.connection && { origin: { connectionId: caller.connection.id } }),
  ...(raw !== undefined && { raw }),
  ...(reference !== undefined && { reference }),
  ...(membersOnly && { membersOnly }),
});

/** The same Idempotency-Key gives the same message, also where the response to the first request was lost. */
const ownClientId = ({ connection, requestKey }: Caller): string => {
  if (connection) return connection.nextClientId();
  if (requestKey === null) return randomUUID();
  return `key-${createHash('sha256').update(requestKey.header).digest('base64url')}`;
};

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

const notKept = (fault: Fault): Fault =>
  new Fault('unavailable', fault.reason, 'The message could not be kept; send it again', {
    retryAfterMs: fault.retryAfterMs ?? 1_000,
  });
