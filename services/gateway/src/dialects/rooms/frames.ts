import { z } from 'zod';
import type { ClientFrames } from '../../protocol/client-frames.js';
import type { ConnectionView } from '../../protocol/dialect.js';
import { Say, understand } from './file-message.js';
import { React, reactionCommand } from './reactions.js';
import type { RoomState } from './state.js';

interface Received {
  readonly fields: Record<string, unknown>;
  readonly connection: ConnectionView<RoomState>;
}

/** By the `type` of the frame. */
export const frames: ClientFrames<Received> = {
  message: {
    summary: 'Post a message',
    schema: Say,
    example: { type: 'message', content: 'Hello, world!' },
    decode({ fields, connection }) {
      const { text, raw } = understand(fields);
      return {
        command: {
          type: 'message.send',
          target: { channelId: connection.state.room.id },
          clientId: null,
          content: { type: 'text', text },
          ...(raw !== null && { raw }),
        },
        requestId: undefined,
      };
    },
  },
  reaction: {
    summary: 'React to a message of the room; null removes the reaction',
    schema: React,
    example: { type: 'reaction', message_id: 1, reaction_type: '👍' },
    decode: ({ fields, connection }) => ({
      command: reactionCommand(fields, connection.state.room.id),
      requestId: undefined,
    }),
  },
  typing: {
    summary: 'The user is typing',
    schema: z.object({ type: z.literal('typing') }),
    example: { type: 'typing' },
    decode: ({ connection }) => ({
      command: { type: 'typing.start', channelId: connection.state.room.id },
      requestId: undefined,
    }),
  },
};
