import { ConnectionId } from '@parley/contracts';
import type { Message, Origin } from '@parley/contracts';
import type { Core } from '../core.js';
import type { Page, SequencedEvent } from './sequencer.js';
import type { ConnectionView } from '../protocol/dialect.js';
import type { Stream } from './stream.js';
import { systemOf } from '../protocol/scopes.js';

const pageMax = 500;

/** Reads streams from chat, as the events that the bus would have delivered. */
export const createStreamReader = (deps: {
  readonly core: Core;
  connection(id: ConnectionId): ConnectionView | undefined;
}): ((stream: Stream, after: number) => Promise<Page>) => {
  const { core } = deps;

  /** From the client ids that gateways generate; a client that forges one can at most exclude a connection of its own account. */
  const originOf = ({ clientId, sender }: Message): Origin | null => {
    const id = ConnectionId.safeParse(clientId?.split(':')[0]);
    if (!id.success || deps.connection(id.data)?.principal.accountId !== sender.id) return null;
    return { connectionId: id.data };
  };

  const channelPage = async (stream: Stream, after: number): Promise<Page> => {
    const { channel, realm, channelId } = stream;
    const input = { channelId, after, limit: pageMax };
    const { messages, more, head, floor } = await core.chat.message.list(input, { principal: systemOf(realm) });
    if (!channel) return { entries: [], more: false, head, floor };
    const entries = messages.map((message): SequencedEvent => ({
      sequence: message.sequence,
      event: { name: 'message.created', realm, channel, message, inbox: null, origin: originOf(message) },
    }));
    return { entries, more, head, floor };
  };

  const inboxPage = async (stream: Stream, after: number): Promise<Page> => {
    const { realm, accountId } = stream;
    const input = { accountId, after, limit: pageMax };
    const page = await core.chat.inbox.list(input, { principal: systemOf(realm) });
    const entries = page.entries.map(({ sequence, channel, message }): SequencedEvent => ({
      sequence,
      event: {
        name: 'message.created',
        realm,
        channel,
        message,
        inbox: { accountId, sequence },
        origin: originOf(message),
      },
    }));
    return { entries, more: page.more, head: page.head, floor: page.floor };
  };

  return (stream, after) => (stream.isChannel ? channelPage(stream, after) : inboxPage(stream, after));
};
