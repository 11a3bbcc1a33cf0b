// Tells `message.created` facts as chat does after its commit, in exact order, straight onto the bus: nothing is stored.
import { randomUUID } from 'node:crypto';
import { connectNats } from '@parley/bus';
import { publishAtPace, textOf } from '../pace.js';

const [servers, bytes, realm, channelText, senderText] = process.argv.slice(2);
const channel = JSON.parse(channelText);
const sender = JSON.parse(senderText);
const log = {
  warn: (details, message) => console.error(message, details),
  error: (details, message) => console.error(message, details),
};
const bus = await connectNats({ servers, name: 'bench', log });
const roads = [{ kind: 'channel', id: channel.id }];

publishAtPace((sequence) => {
  const message = {
    id: randomUUID(),
    number: 1_000_000 + sequence,
    channelId: channel.id,
    sequence,
    sender,
    clientId: `bench-${String(sequence).padStart(10, '0')}`,
    content: { type: 'text', text: textOf(sequence, Number(bytes)) },
    raw: null,
    sentAt: new Date().toISOString(),
  };
  bus.publish({ name: 'message.created', realm, channel, message, inbox: null, origin: null }, roads);
});
