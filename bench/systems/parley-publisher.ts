// Publishes `message.created` events as chat does after its commit, in exact order, straight onto the bus: nothing is stored.
import { randomUUID } from 'node:crypto';
import { connectNats } from '@parley/bus';
import { AccountSummary, ChannelSnapshot, type BusEventNamed, MessageId, type Scope } from '@parley/contracts';
import { publishAtPace, textOf } from '../pace.js';

type MessageCreated = BusEventNamed<'message.created'>;

const [servers = '', bytes, realm = '', channelText = '', senderText = ''] = process.argv.slice(2);
const channel = ChannelSnapshot.parse(JSON.parse(channelText));
const sender = AccountSummary.parse(JSON.parse(senderText));
const log = {
  warn: (details: object, message: string) => console.error(message, details),
  error: (details: object, message: string) => console.error(message, details),
};
const bus = await connectNats({ servers, name: 'bench', log });
const audience: readonly Scope[] = [{ kind: 'channel', id: channel.id }];

publishAtPace((sequence) => {
  const message: MessageCreated['message'] = {
    id: MessageId.parse(randomUUID()),
    number: 1_000_000 + sequence,
    channelId: channel.id,
    sequence,
    sender,
    clientId: `bench-${String(sequence).padStart(10, '0')}`,
    content: { type: 'text', text: textOf(sequence, Number(bytes)) },
    raw: null,
    sentAt: new Date().toISOString(),
    editedAt: null,
    deletedAt: null,
    replyTo: null,
    threadRoot: null,
    inChannel: true,
    replyCount: 0,
    lastReplyAt: null,
    reactions: [],
    mentions: { accountIds: [], channel: false },
    pinnedAt: null,
  };
  const event: MessageCreated = {
    ...{ name: 'message.created', realm, channel, message },
    ...{ inbox: null, origin: null, thread: null },
  };
  bus.publish(event, audience);
});
