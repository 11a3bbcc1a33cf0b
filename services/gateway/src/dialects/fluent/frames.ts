import { Fault, ShortNumber } from '@parley/contracts';
import type { ClientFrames } from '../../protocol/client-frames.js';
import type { ConnectionView } from '../../protocol/dialect.js';
import { Say, toKept } from './shapes.js';
import type { z } from 'zod';

interface Received {
  readonly say: z.output<typeof Say>;
  readonly connection: ConnectionView<null>;
}

export const frames = {
  message: {
    summary: 'Send a message: one ciphertext for each of the two users',
    schema: Say,
    example: { receiverID: 2, receiver_encrypted: 'x2k0…', sender_encrypted: 'q8Zt…', messageType: 'text' },
    decode({ say, connection }) {
      const { receiverID, receiver_encrypted, sender_encrypted, messageType: mediaType } = say;
      const number = ShortNumber.safeParse(receiverID);
      if (!number.success) throw new Fault('not_found', 'account_not_found', 'Partner does not exist');
      const self = connection.principal.accountId;
      return {
        command: {
          type: 'message.direct',
          to: { number: number.data },
          clientId: null,
          // In a note to oneself the sender's ciphertext wins, as in its history.
          contentFor: (recipient) => ({
            type: 'encrypted',
            mediaType,
            byReader: { [recipient]: receiver_encrypted, [self]: sender_encrypted },
          }),
          raw: toKept(number.data),
        },
        requestId: undefined,
      };
    },
  },
} satisfies ClientFrames<Received>;
