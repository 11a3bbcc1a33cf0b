import { AccountId, ChannelId, Fault } from '@parley/contracts';
import { z } from 'zod';
import { defineMethods } from '../../protocol/methods.js';
import type { PresenceTarget } from '../../protocol/presence-command.js';
import * as example from './examples-presence.js';
import * as shapes from './presence-shapes.js';
import { Empty, Sequence } from './socket-shapes.js';

const accountsMax = 100;

const Target = z.object({
  channelId: ChannelId.optional(),
  accountIds: z.array(AccountId).min(1).max(accountsMax).optional(),
});

const targetOf = ({ channelId, accountIds }: z.output<typeof Target>): PresenceTarget => {
  if (channelId !== undefined && accountIds === undefined) return { channelId };
  if (accountIds !== undefined && channelId === undefined) return { accountIds };
  throw new Fault('invalid', 'invalid_params', 'params: Give either channelId or accountIds');
};

const Record = z.object({
  channelId: ChannelId,
  read: Sequence.optional(),
  delivered: Sequence.optional(),
  sequence: Sequence.optional(),
});

const positionsOf = ({ read, delivered, sequence }: z.output<typeof Record>) => {
  const positions = { read: read ?? sequence, delivered };
  if (positions.read !== undefined || delivered !== undefined) return positions;
  throw new Fault('invalid', 'invalid_params', 'params: Give read, delivered or both');
};

const { channelId } = example;
const hidden = ['channel_not_found', 'not_member', 'barred'];

/** The methods about presence and receipts. */
export const presenceMethods = defineMethods({
  'receipt.record': {
    summary: 'Record how far the account has read and received a channel',
    description:
      'Positions move forward only, and never beyond the head; what was read counts as delivered. The result has them as they are now. `sequence` is the former name of `read`.',
    params: Record,
    result: shapes.ReceiptRecorded,
    errors: hidden,
    example: { params: { channelId, read: 348 }, result: { sequence: 348, read: 348, delivered: 348 } },
    command: (p) => ({ type: 'receipt.record', channelId: p.channelId, ...positionsOf(p) }),
  },
  'presence.subscribe': {
    summary: 'Receive the presence of the members of a channel, or of up to 100 accounts',
    description:
      'Takes either `channelId` or `accountIds`. The result is the presence now; `presence.changed` follows with each change, or `presence.counted` for a channel with more than 100 members.',
    params: Target,
    result: shapes.Presence,
    errors: [...hidden, 'too_many_subscriptions', 'channel_too_large'],
    example: { params: { channelId }, result: example.presence },
    command: (p) => ({ type: 'presence.subscribe', target: targetOf(p) }),
  },
  'presence.unsubscribe': {
    summary: 'Stop receiving the presence of a channel or of accounts',
    params: Target,
    result: Empty,
    errors: [],
    example: { params: { channelId }, result: {} },
    command: (p) => ({ type: 'presence.unsubscribe', target: targetOf(p) }),
  },
  'presence.set': {
    summary: 'Set the connection to online or away, or the account to invisible',
    description:
      'The account is away while all its connections are. `invisible` is a preference of the account: it is offline for everybody else until PUT /v1/me/preferences says otherwise; `online` and `away` do not end it.',
    params: z.object({ state: z.enum(['online', 'away', 'invisible']) }),
    result: z.object({ state: z.enum(['online', 'away', 'invisible']) }),
    errors: [],
    example: { params: { state: 'away' }, result: { state: 'away' } },
    command: (p) => ({ type: 'presence.set', ...p }),
  },
});
