import { Fault, notFound, ShortNumber } from '@parley/contracts';
import type { AccountPrincipal, Channel, SystemPrincipal } from '@parley/contracts';
import type { Queries } from '../../protocol/queries.js';

export interface Asking {
  readonly core: Queries;
  readonly principal: AccountPrincipal;
  readonly system: SystemPrincipal;
}

export const kinds = ['group' as const, 'room' as const];

export const numberOf = (digits: string): number => {
  const number = ShortNumber.safeParse(Number(digits));
  if (!number.success) throw notFound('channel');
  return number.data;
};

/**
 * The conversation with this number, for one of its participants. In this dialect a stranger gets 403, not 404, for a conversation that
 * exists; the topics service would answer 404. So Parley itself looks up the conversation, and checks the caller afterwards.
 */
export const conversationOf = async (digits: string, { core, principal, system }: Asking): Promise<Channel> => {
  const { id, kind } = await core.topics.channel.get(
    { reference: { number: numberOf(digits) } },
    { principal: system },
  );
  if (kind !== 'group' && kind !== 'room') throw notFound('channel');
  const { channel, role } = await core.topics.member.authorize(
    { target: { channelId: id }, to: 'read' },
    { principal },
  );
  // Everybody may read a room; this dialect requires membership.
  if (role === null) throw new Fault('forbidden', 'not_member', 'Not a participant of this conversation');
  return channel;
};
