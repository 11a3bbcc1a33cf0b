import { emojiOf } from '../domain/emoji.js';
import { type ChangeDeps, changeMessage } from './change-message.js';
import type { Operation } from './operation.js';

export const reactToMessage =
  (deps: ChangeDeps): Operation<'message', 'react'> =>
  ({ emoji, ...input }, context) =>
    changeMessage(deps, input, context, 'write', () => ({ kind: 'reaction.added', emoji: emojiOf(emoji) }));

export const removeReaction =
  (deps: ChangeDeps): Operation<'message', 'unreact'> =>
  ({ emoji, ...input }, context) =>
    changeMessage(deps, input, context, 'write', () => ({ kind: 'reaction.removed', emoji: emojiOf(emoji) }));
