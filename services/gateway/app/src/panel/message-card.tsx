import type { Message } from '@parley/client';
import { dayAndTime } from '../text/times.js';
import { t } from '../text/translate.js';
import { Avatar } from '../view/avatar.js';
import { MarkdownView } from '../view/markdown-view.js';

interface MessageCardProps {
  readonly message: Message;
  /** Where it is from, if that is not plain. */
  readonly place?: string;
  readonly ownNames: readonly string[];
  readonly onOpen: () => void;
}

/** A message outside of its conversation. */
export const MessageCard = ({ message, place, ownNames, onOpen }: MessageCardProps) => (
  <li class="message-card">
    <div class="message-head">
      <Avatar id={message.sender.id} name={message.sender.name} size="small" />
      <b class="message-name">{message.sender.name}</b>
      <time class="message-time" dateTime={message.sentAt}>
        {dayAndTime(message.sentAt)}
      </time>
    </div>
    {place !== undefined && <p class="hint">{place}</p>}
    <div class="message-text">
      {message.content.type === 'text' && <MarkdownView source={message.content.text} ownNames={ownNames} />}
    </div>
    <button type="button" class="link" onClick={onOpen}>
      {t('message.jump')}
    </button>
  </li>
);
