import type { TimelineMessage } from '@parley/client';
import { t } from '../text/translate.js';
import { Icon } from '../view/icons.js';
import type { MessageActions } from './message-actions.js';

const reactionText = (emoji: string, count: number): string =>
  t(count === 1 ? 'message.reaction.one' : 'message.reaction.other', { emoji, count });

interface ReactionsProps {
  readonly message: TimelineMessage;
  readonly isActive: boolean;
  readonly actions: MessageActions;
}

export const Reactions = ({ message, isActive, actions }: ReactionsProps) => {
  if (message.reactions.length === 0 || message.deletedAt !== null) return null;
  const tabIndex = isActive ? 0 : -1;
  return (
    <ul class="reactions">
      {message.reactions.map(({ emoji, count, mine }) => (
        <li key={emoji}>
          <button
            type="button"
            class="reaction"
            aria-pressed={mine}
            tabIndex={tabIndex}
            aria-label={reactionText(emoji, count) + (mine ? `, ${t('message.reactionMine')}` : '')}
            onClick={() => actions.toggleReaction(message, emoji)}
          >
            <span class="reaction-emoji">{emoji}</span> {count}
          </button>
        </li>
      ))}
      <li>
        <button
          type="button"
          class="reaction add"
          tabIndex={tabIndex}
          aria-label={t('message.react')}
          title={t('message.react')}
          onClick={() => actions.run('react', message)}
        >
          <Icon name="smile" size={16} />
        </button>
      </li>
    </ul>
  );
};
