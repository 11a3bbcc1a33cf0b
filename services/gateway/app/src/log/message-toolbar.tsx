import type { TimelineMessage } from '@parley/client';
import { t } from '../text/translate.js';
import { IconButton } from '../view/icon-button.js';
import type { IconName } from '../view/icons.js';
import { type ActionName, type MessageActions, labelOf } from './message-actions.js';

const shown: readonly (readonly [ActionName, IconName])[] = [
  ['react', 'smile'],
  ['reply', 'reply'],
  ['thread', 'thread'],
  ['edit', 'edit'],
];

/** The usual actions beside the message under the pointer, or with the focus. */
export const MessageToolbar = ({ message, actions }: { message: TimelineMessage; actions: MessageActions }) => {
  const allowed = actions.allowed(message);
  if (allowed.length === 0) return null;
  return (
    <div class="message-toolbar" role="group" aria-label={t('message.actions', { name: message.sender.name })}>
      {shown
        .filter(([name]) => allowed.includes(name))
        .map(([name, icon]) => (
          <IconButton
            key={name}
            icon={icon}
            label={labelOf(name, message)}
            onClick={() => actions.run(name, message)}
          />
        ))}
      <IconButton icon="more" label={t('app.more')} onClick={() => actions.run('more', message)} />
    </div>
  );
};
