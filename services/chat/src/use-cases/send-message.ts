import type { Bus } from '@parley/bus';
import { Fault, pageBytesMax } from '@parley/contracts';
import { accountOf } from '../domain/caller.js';
import {
  type Stored,
  announcementsOf,
  participantsOf,
  refuseForeignContent,
  senderOf,
  snapshotOf,
} from '../domain/message.js';
import type { Messages, Prepared } from '../store/messages.js';
import type { Authorizer } from './authorize.js';
import type { Operation } from './operation.js';

interface Deps {
  readonly authorizer: Pick<Authorizer, 'authorize'>;
  readonly messages: Pick<Messages, 'prepare'>;
  readonly committer: { commit(prepared: Prepared, deadline: number): Promise<Stored> };
  readonly events: Pick<Bus, 'publish'>;
}

export const sendMessage =
  ({ authorizer, messages, committer, events }: Deps): Operation<'message', 'send'> =>
  async ({ target, clientId, reference, content, raw, origin, membersOnly }, { principal, deadline }) => {
    const account = accountOf(principal);
    const authorization = await authorizer.authorize(target, 'write', account);
    if (membersOnly && authorization.role === null) throw notMember();
    const channel = snapshotOf(authorization);
    refuseForeignContent(content, channel.kind);
    const prepared = messages.prepare({
      realm: account.realm,
      channel,
      sender: senderOf(account),
      clientId,
      reference: reference ?? null,
      content,
      raw: raw ?? null,
      participants: participantsOf(authorization),
    });
    if (prepared.bytes > pageBytesMax) throw new Fault('invalid', 'message_too_large', 'The message is too large');
    const stored = await committer.commit(prepared, deadline);
    // Published after the commit. A lost event costs a gateway one range read; an early one would announce a message that a
    // rollback then removes. A repeat is published again: the replica that stored it may have died before it published.
    const to = { channel, audience: authorization.audience };
    for (const { event, audience } of announcementsOf(stored, to, account.realm, origin ?? null))
      events.publish(event, audience);
    return { message: stored.message, channel, inbox: [...stored.inbox], repeated: stored.repeated };
  };

const notMember = (): Fault => new Fault('forbidden', 'not_member', 'You are not a member of this channel');
