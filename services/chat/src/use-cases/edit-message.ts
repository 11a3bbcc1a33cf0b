import { Fault, pageBytesMax } from '@parley/contracts';
import { refuseForeignContent } from '../domain/message.js';
import type { MentionResolver } from '../mention-resolver.js';
import { type ChangeDeps, changeMessage } from './change-message.js';
import type { Operation } from './operation.js';

interface Deps extends ChangeDeps {
  readonly mentions: MentionResolver;
  readonly editWindowMs: number;
}

export const editMessage =
  (deps: Deps): Operation<'message', 'edit'> =>
  ({ content, ...input }, context) =>
    changeMessage(deps, input, context, 'write', async (authorization, account) => {
      refuseForeignContent(content, authorization.channel.kind);
      if (Buffer.byteLength(JSON.stringify(content)) > pageBytesMax / 2)
        throw new Fault('invalid', 'message_too_large', 'The message is too large');
      const mentions = await deps.mentions.resolve(content, authorization, account);
      return { kind: 'message.edited', content, mentions, windowMs: deps.editWindowMs };
    });
