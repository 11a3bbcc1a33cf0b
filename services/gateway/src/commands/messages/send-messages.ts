import { Fault, asFault, isFault } from '@parley/contracts';
import type { Target } from '@parley/contracts';
import type { Command, CommandOf, ResultOf } from '../../protocol/command.js';
import type { Caller } from '../caller.js';
import type { ExecuteDeps, Handler } from '../deps.js';
import { isLostAnswer } from '../lost-answers.js';
import { ownClientId } from './own-client-id.js';
import { inputOf, resultOf } from './send-message.js';

type SendCommand = CommandOf<'message.send'>;

/** A send whose target needs no question, and that asks for nothing but its commit. */
export type ListedCommand = SendCommand & { readonly target: Target };

export interface Send {
  readonly command: ListedCommand;
  readonly caller: Caller;
}

type Outcome = ResultOf<'message.send'> | Fault;

/** Runs sends of one connection in their order, at most `sendManyMax`, and resolves with the outcome of each. Never rejects. */
export type SendList = (sends: readonly Send[]) => Promise<readonly Outcome[]>;

/** Chat of the previous release has no lists: how long none is tried then. */
const unservedMs = 10_000;

export const mayBeListed = (command: Command): command is ListedCommand =>
  command.type === 'message.send' &&
  command.reach === undefined &&
  ('channelId' in command.target || 'directWith' in command.target);

/**
 * One call of chat for all of them. Where the call has no answer, or its answer says that one of them was not attempted, that one and those after
 * it are sent one by one, which repeats what was lost. Their client ids make that harmless.
 */
export const sendMessages = (
  { core, timings, clock }: Pick<ExecuteDeps, 'core' | 'timings' | 'clock'>,
  send: Handler<'message.send'>,
): SendList => {
  let unservedUntil = -Infinity;

  const callChat = async (sends: readonly Send[]): Promise<readonly Outcome[]> => {
    const [first] = sends;
    if (first === undefined || clock() < unservedUntil) return [];
    const { principal, trace, receivedAt } = first.caller;
    const inputs = sends.map(({ command, caller }) => inputOf(command, caller, { target: command.target }));
    const isParsed = sends.every(({ command }) => command.isParsed === true);
    const options = { principal, deadline: receivedAt + timings.sendMs, trace, isParsed };
    try {
      const { results } = await core.chat.message.sendMany({ sends: inputs }, options);
      return results.map((result): Outcome => {
        if (!('refused' in result)) return resultOf(result, principal.accountId);
        const { code, reason, message, retryAfterMs } = result.refused;
        return new Fault(code, reason, message, retryAfterMs === undefined ? {} : { retryAfterMs });
      });
    } catch (error) {
      if (isUnserved(error)) unservedUntil = clock() + unservedMs;
      // One by one they have the faults that concern them.
      return [];
    }
  };

  return async (sends) => {
    const named = sends.map(withClientId);
    const answers = await callChat(named);
    const lost = answers.findIndex(isLostAnswer);
    const outcomes = lost < 0 ? [...answers] : answers.slice(0, lost);
    for (const { command, caller } of named.slice(outcomes.length))
      outcomes.push(await send(command, caller).catch(asFault));
    return outcomes;
  };
};

const withClientId = ({ command, caller }: Send): Send =>
  command.clientId === null ? { command: { ...command, clientId: ownClientId(caller) }, caller } : { command, caller };

const isUnserved = (error: unknown): boolean =>
  isFault(error) && (error.reason === 'no_responders' || error.reason === 'bus_denied');
