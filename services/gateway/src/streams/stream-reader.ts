import { ConnectionId, isFault } from '@parley/contracts';
import type {
  ChannelSnapshot,
  Entry,
  InboxPosition,
  InboxStreamEntry,
  Origin,
  SequencedBusEvent,
} from '@parley/contracts';
import type { Core } from '../core.js';
import type { Page, SequencedEvent } from './sequencer.js';
import type { ConnectionView } from '../protocol/dialect.js';
import type { Stream } from './stream.js';
import { systemOf } from '../protocol/scopes.js';

const pageMax = 500;

/** The entries of a stream as chat returns them, with what all of them share. */
interface Read<E> {
  readonly entries: readonly E[];
  readonly more: boolean;
  readonly head: number;
  readonly floor: number;
}

/** Reads streams from chat, as the events that the bus would have delivered. */
export const createStreamReader = (deps: {
  readonly core: Core;
  connection(id: ConnectionId): ConnectionView | undefined;
}): ((stream: Stream, after: number) => Promise<Page>) => {
  const { core } = deps;

  /** From the client ids that gateways generate; a client that forges one can at most exclude a connection of its own account. */
  const originOf = (entry: Entry): Origin | null => {
    const { clientId, author } = sourceOf(entry);
    const id = ConnectionId.safeParse(clientId?.split(':')[0]);
    if (!id.success || deps.connection(id.data)?.principal.accountId !== author) return null;
    return { connectionId: id.data };
  };

  const eventOf = (
    { realm }: Stream,
    channel: ChannelSnapshot,
    entry: Entry,
    inbox: InboxPosition | null,
  ): SequencedBusEvent => {
    const common = { realm, channel, inbox, origin: originOf(entry) };
    if (entry.kind === 'message.created')
      return { name: entry.kind, ...common, message: entry.message, thread: entry.thread };
    // The name of the event is the kind of its entry.
    return { name: entry.kind, ...common, entry } as SequencedBusEvent;
  };

  const channelPage = async (stream: Stream, after: number): Promise<Page> => {
    const { channel } = stream;
    const { entries, ...page } = await readChannel(core, stream, after);
    if (!channel) return { ...page, entries: [], more: false };
    const events = entries.map((entry): SequencedEvent => ({
      sequence: entry.sequence,
      event: eventOf(stream, channel, entry, null),
    }));
    return { ...page, entries: events };
  };

  const inboxPage = async (stream: Stream, after: number): Promise<Page> => {
    const { accountId } = stream;
    const { entries, ...page } = await readInbox(core, stream, after);
    const events = entries.map(({ sequence, channel, entry }): SequencedEvent => ({
      sequence,
      event: eventOf(stream, channel, entry, { accountId, sequence }),
    }));
    return { ...page, entries: events };
  };

  return (stream, after) => (stream.isChannel ? channelPage(stream, after) : inboxPage(stream, after));
};

const sourceOf = (entry: Entry): { clientId: string | null; author: string } =>
  entry.kind === 'message.created'
    ? { clientId: entry.message.clientId, author: entry.message.sender.id }
    : { clientId: entry.clientId, author: entry.actor.id };

const readChannel = ({ chat }: Core, { realm, channelId }: Stream, after: number): Promise<Read<Entry>> => {
  const input = { channelId, after, limit: pageMax };
  const options = { principal: systemOf(realm) };
  return chat.channel.entries(input, options).catch(async (error: unknown) => {
    if (!isUnserved(error)) throw error;
    const { messages, ...page } = await chat.message.list(input, options);
    return { ...page, entries: messages.map(createdOf) };
  });
};

const readInbox = ({ chat }: Core, { realm, accountId }: Stream, after: number): Promise<Read<InboxStreamEntry>> => {
  const input = { accountId, after, limit: pageMax };
  const options = { principal: systemOf(realm) };
  return chat.inbox.entries(input, options).catch(async (error: unknown) => {
    if (!isUnserved(error)) throw error;
    const { entries, ...page } = await chat.inbox.list(input, options);
    return {
      ...page,
      entries: entries.map(({ message, ...rest }) => ({ ...rest, entry: createdOf(message) })),
    };
  });
};

/** Only chat of the previous release runs, or NATS still has its permissions: its streams consist of messages. */
const isUnserved = (error: unknown): boolean =>
  isFault(error) && (error.reason === 'no_responders' || error.reason === 'bus_denied');

const createdOf = (message: Extract<Entry, { kind: 'message.created' }>['message']): Entry => ({
  kind: 'message.created',
  sequence: message.sequence,
  message,
  thread: null,
});
