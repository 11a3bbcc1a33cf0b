import type { TimelineMessage } from '@parley/client';
import { useEffect, useState } from 'preact/hooks';
import { t, tn } from '../text/translate.js';
import { Icon } from '../view/icons.js';
import type { MessageActions } from './message-actions.js';

const reactionText = (emoji: string, count: number): string =>
  t(count === 1 ? 'message.reaction.one' : 'message.reaction.other', { emoji, count });

interface ReactionsProps {
  readonly message: TimelineMessage;
  readonly isActive: boolean;
  readonly actions: MessageActions;
}

const namesAfterMs = 200;
/** Names before `and 4 more`. */
const namesMax = 12;

/** Who reacted, once the pointer has rested there for a moment. */
const useNames = (
  message: TimelineMessage,
  emoji: string,
  count: number,
  reactedBy: MessageActions['reactedBy'],
): readonly [text: string | undefined, setWanted: (isWanted: boolean) => void] => {
  const [isWanted, setWanted] = useState(false);
  const [text, setText] = useState<string>();
  useEffect(() => {
    if (!isWanted) return;
    let isCurrent = true;
    const load = async (): Promise<void> => {
      const names = await reactedBy(message, emoji);
      const shown = names.slice(0, namesMax).map((name) => name ?? t('nav.nameless'));
      const more = names.length - shown.length;
      if (isCurrent) setText([...shown, ...(more > 0 ? [tn('details.more', more)] : [])].join(', '));
    };
    // Without an answer there is no hint; the details of the message show the names, and the error.
    const timer = setTimeout(() => void load().catch(() => undefined), namesAfterMs);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [isWanted, message.id, emoji, count, reactedBy]);
  return [text, setWanted];
};

interface ReactionButtonProps extends ReactionsProps {
  readonly emoji: string;
  readonly count: number;
  readonly mine: boolean;
}

const ReactionButton = ({ message, isActive, actions, emoji, count, mine }: ReactionButtonProps) => {
  const [names, setWanted] = useNames(message, emoji, count, actions.reactedBy);
  return (
    <button
      type="button"
      class="reaction"
      aria-pressed={mine}
      tabIndex={isActive ? 0 : -1}
      aria-label={reactionText(emoji, count) + (mine ? `, ${t('message.reactionMine')}` : '')}
      title={names}
      onPointerEnter={({ pointerType }) => pointerType !== 'touch' && setWanted(true)}
      onPointerLeave={() => setWanted(false)}
      onClick={() => actions.toggleReaction(message, emoji)}
    >
      <span class="reaction-emoji">{emoji}</span> {count}
    </button>
  );
};

export const Reactions = ({ message, isActive, actions }: ReactionsProps) => {
  if (message.reactions.length === 0 || message.deletedAt !== null) return null;
  const tabIndex = isActive ? 0 : -1;
  return (
    <ul class="reactions">
      {message.reactions.map(({ emoji, count, mine }) => (
        <li key={emoji}>
          <ReactionButton
            message={message}
            isActive={isActive}
            actions={actions}
            emoji={emoji}
            count={count}
            mine={mine}
          />
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
