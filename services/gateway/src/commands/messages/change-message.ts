import type { Deadline, MessageId, Origin } from '@parley/contracts';
import type { Core } from '../../core.js';
import type { ChangeType } from '../../protocol/message-command.js';
import type { CommandOf, ResultOf } from '../../protocol/command.js';
import type { Caller } from '../caller.js';
import type { ExecuteDeps } from '../deps.js';
import { commit } from './commit.js';
import { ownClientId } from './own-client-id.js';

/** What every change of a message is committed with. */
export interface ChangeInput {
  readonly messageId: MessageId;
  readonly clientId: string;
  readonly origin?: Origin;
}

interface ChangeCall {
  readonly principal: Caller['principal'];
  readonly deadline: Deadline;
}

type Changed = Awaited<ReturnType<Core['chat']['message']['delete']>>;

/** Commits one change of a message, and repeats the call with the same client id while its answer is lost. */
export const changeMessage = async <T extends ChangeType>(
  deps: Pick<ExecuteDeps, 'timings'>,
  { type, messageId, clientId }: Pick<CommandOf<T>, 'messageId' | 'clientId'> & { readonly type: T },
  caller: Caller,
  call: (input: ChangeInput, options: ChangeCall) => Promise<Changed>,
): Promise<ResultOf<ChangeType>> => {
  const { principal, connection } = caller;
  const input = {
    messageId,
    clientId: clientId ?? ownClientId(caller),
    ...(connection && { origin: { connectionId: connection.id } }),
  };
  const changed = await commit(deps, caller, (deadline) => call(input, { principal, deadline }));
  const { entry, channel, inbox, repeated } = changed;
  const place = inbox.find(({ accountId }) => accountId === principal.accountId);
  return { type, entry, channel, inboxSequence: place?.sequence ?? null, repeated };
};
