import { type ConnectionId, chat } from '@parley/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Caller } from '../../commands/caller.js';
import { inputOf } from '../../commands/messages/send-message.js';
import { mayBeListed } from '../../commands/messages/send-messages.js';
import type { ConnectionView } from '../../protocol/dialect.js';
import { decode } from './decode.js';

const connectionId = 'c0000000-0000-4000-8000-000000000001' as ConnectionId;
const connection = { id: connectionId, realm: 'main', state: null, attached: new Map() } as unknown as ConnectionView;
const caller = { connection: { id: connectionId } } as unknown as Caller;

const id = fc.uuid().map((one) => one.toUpperCase());
const text = fc.string({ minLength: 1, maxLength: 128 }).filter((one) => !one.includes('\0'));
const params = fc.record(
  {
    to: fc.oneof(fc.record({ channelId: id }), fc.record({ directWith: id })),
    clientId: text,
    content: fc.record({ type: fc.constant('text'), text }),
    replyTo: id,
    threadRoot: id,
    alsoInChannel: fc.boolean(),
  },
  { requiredKeys: ['to', 'clientId', 'content'] },
);

test('chat would make of each send what it is told: it need not parse it again', () => {
  fc.assert(
    fc.property(params, ({ to, ...rest }) => {
      const frame = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'message.send', params: { ...to, ...rest } });
      const { command } = decode(frame, connection);
      if (!mayBeListed(command)) throw new Error('It is another command');
      expect(command.isParsed).toBe(true);
      const input = inputOf(command, caller, { target: command.target });
      expect(chat.nouns.message.send.input.parse(input)).toEqual(input);
    }),
  );
});
