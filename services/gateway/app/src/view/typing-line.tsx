import type { LiveChannel } from '@parley/client';
import { useWatchable } from '../state/use-watchable.js';
import { t } from '../text/translate.js';

export const TypingLine = ({ channel }: { channel: LiveChannel }) => {
  const [first, second, ...others] = useWatchable(channel.typing);
  const text =
    first === undefined
      ? ''
      : second === undefined
        ? t('typing.one', { name: first.name })
        : others.length === 0
          ? t('typing.two', { name: first.name, other: second.name })
          : t('typing.many');
  return (
    <p class="typing" role="status">
      {text}
    </p>
  );
};
