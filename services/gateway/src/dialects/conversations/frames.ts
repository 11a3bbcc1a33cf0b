import { Fault } from '@parley/contracts';
import type { ClientFrames } from '../../protocol/client-frames.js';
import type { ConnectionView } from '../../protocol/dialect.js';
import { Say } from './shapes.js';
import type { ConversationState } from './state.js';

interface Received {
  readonly fields: Record<string, unknown>;
  readonly connection: ConnectionView<ConversationState>;
}

export const frames = {
  message: {
    summary: 'Post a message',
    schema: Say,
    example: { content: 'Your message here' },
    decode({ fields, connection }) {
      if (!('content' in fields)) throw new Fault('invalid', 'missing_content', 'Message content is required');
      if (fields.content === '') throw new Fault('invalid', 'bad_content', 'Message content must not be empty');
      const say = Say.safeParse(fields);
      if (!say.success) {
        throw new Fault('invalid', 'bad_content', 'Message content must be text of at most 16384 characters');
      }
      return {
        command: {
          type: 'message.send',
          target: { channelId: connection.state.conversation.id },
          clientId: null,
          content: { type: 'text', text: say.data.content },
        },
        requestId: undefined,
      };
    },
  },
} satisfies ClientFrames<Received>;
