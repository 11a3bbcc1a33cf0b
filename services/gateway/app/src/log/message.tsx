import type { TimelineMessage } from '@parley/client';
import { openPanel } from '../state/route.js';
import { sentenceFor } from '../text/plain-words.js';
import { plainText } from '../text/markdown-blocks.js';
import { clock, dayAndTime, fullTime } from '../text/times.js';
import { t, tn } from '../text/translate.js';
import { Avatar } from '../view/avatar.js';
import { Icon, type IconName } from '../view/icons.js';
import { MarkdownView } from '../view/markdown-view.js';
import { memo } from '../view/memo.js';
import type { MessageActions } from './message-actions.js';
import { MessageToolbar } from './message-toolbar.js';
import { Reactions } from './reactions.js';

export interface MessageProps {
  readonly message: TimelineMessage;
  /** The message that it answers, if that is loaded. */
  readonly repliedTo: TimelineMessage | null;
  /** Whether it continues the group of the message before it. */
  readonly isCompact: boolean;
  readonly hasState: boolean;
  /** Whether Tab leads to it. */
  readonly isActive: boolean;
  readonly hasToolbar: boolean;
  readonly actions: MessageActions;
  /** Called with its key when the pointer enters it. */
  readonly onHover: (key: string) => void;
}

const stateIcons = {
  sending: 'clock',
  sent: 'check',
  delivered: 'checks',
  read: 'checks',
  failed: 'alert',
} as const satisfies Record<NonNullable<TimelineMessage['state']>, IconName>;

/** How far an own message came; of a stored one it opens who has read it. */
const SendState = ({ message, isActive, actions }: Pick<MessageProps, 'message' | 'isActive' | 'actions'>) => {
  const { state } = message;
  if (state === null) return null;
  const text = t(`message.${state}`);
  if (message.id === null)
    return (
      <span class={`send-state ${state}`} title={text}>
        <Icon name={stateIcons[state]} size={16} />
        <span class="visually-hidden">{text}</span>
      </span>
    );
  return (
    <button
      type="button"
      class={`send-state ${state}`}
      title={`${text}. ${t('message.details')}`}
      aria-label={`${text}. ${t('message.details')}`}
      tabIndex={isActive ? 0 : -1}
      onClick={() => actions.run('details', message)}
    >
      <Icon name={stateIcons[state]} size={16} />
    </button>
  );
};

/** What a screen reader says of a message that gets the focus. */
const spoken = ({ sender, sentAt, content, deletedAt, editedAt, pinnedAt }: TimelineMessage): string => {
  const text = deletedAt !== null ? t('message.deleted') : content.type === 'text' ? plainText(content.text, 400) : '';
  const marks = [
    ...(editedAt !== null ? [t('message.edited')] : []),
    ...(pinnedAt !== null ? [t('message.pinned')] : []),
  ];
  return [`${sender.name}, ${clock(sentAt)}: ${text}`, ...marks].join(', ');
};

const Body = ({ message, actions }: Pick<MessageProps, 'message' | 'actions'>) => {
  if (message.deletedAt !== null) return <p class="gone">{t('message.deleted')}</p>;
  if (message.content.type !== 'text') return <p class="gone">{t('message.encrypted')}</p>;
  return <MarkdownView source={message.content.text} ownNames={actions.ownNames} />;
};

const ReplyLine = ({ message, repliedTo, isActive, actions }: MessageProps) => {
  const { replyTo } = message;
  if (replyTo === null) return null;
  const text = repliedTo?.content.type === 'text' ? plainText(repliedTo.content.text, 90) : '';
  return (
    <button type="button" class="reply-line" tabIndex={isActive ? 0 : -1} onClick={() => actions.show(replyTo)}>
      <Icon name="reply" size={14} />
      <span class="visually-hidden">{t('message.inReplyTo', { name: repliedTo?.sender.name ?? '' })}: </span>
      {repliedTo !== null && <b aria-hidden="true">{repliedTo.sender.name}</b>}
      <span class="reply-text">{repliedTo?.deletedAt ? t('message.deleted') : text || t('message.replyMissing')}</span>
    </button>
  );
};

const Failed = ({ message, actions }: Pick<MessageProps, 'message' | 'actions'>) => (
  <p class="failed-line" role="alert">
    <span>
      {t('message.failed')}. {message.error !== null && t(sentenceFor(message.error))}
    </span>
    <button type="button" class="link" onClick={() => actions.resend(message)}>
      {t('message.resend')}
    </button>
    <button type="button" class="link" onClick={() => actions.discard(message)}>
      {t('message.discard')}
    </button>
  </p>
);

const ThreadLine = ({ message, isActive, actions }: MessageProps) => {
  const tabIndex = isActive ? 0 : -1;
  const { threadRoot, replyCount, lastReplyAt } = message;
  if (replyCount === 0 && threadRoot === null) return null;
  if (threadRoot !== null) {
    return (
      <button
        type="button"
        class="thread-line from-thread"
        tabIndex={tabIndex}
        onClick={() => openPanel({ name: 'thread', rootId: threadRoot })}
      >
        <Icon name="thread" size={16} />
        {t('message.fromThread')}
      </button>
    );
  }
  return (
    <button type="button" class="thread-line" tabIndex={tabIndex} onClick={() => actions.run('thread', message)}>
      <Icon name="thread" size={16} />
      <b>{tn('message.replies', replyCount)}</b>
      {lastReplyAt !== null && <span class="hint">{t('message.lastReply', { time: dayAndTime(lastReplyAt) })}</span>}
    </button>
  );
};

const Time = ({ message }: { message: TimelineMessage }) => (
  <time class="message-time" dateTime={message.sentAt} title={fullTime(message.sentAt)}>
    {clock(message.sentAt)}
  </time>
);

const classOf = ({ message, isCompact, actions }: MessageProps): string => {
  const { mentions, content, state, isChanging, isOwn } = message;
  const names = actions.ownNames;
  const text = content.type === 'text' ? content.text.toLowerCase() : '';
  const isMentioned =
    !isOwn && (mentions.channel || (mentions.accountIds.length > 0 && names.some((name) => text.includes(`@${name}`))));
  return [
    'message',
    ...(isCompact ? ['compact'] : []),
    ...(isOwn ? ['own'] : []),
    ...(isMentioned ? ['mentioned'] : []),
    ...(state === 'failed' ? ['failed'] : []),
    ...(state === 'sending' || isChanging ? ['pending'] : []),
  ].join(' ');
};

const MessageRow = (props: MessageProps) => {
  const { message, isCompact, hasState, isActive, hasToolbar, actions, onHover } = props;
  const { sender, sentAt, editedAt, pinnedAt, state, deletedAt } = message;
  return (
    <li
      class={classOf(props)}
      data-key={message.key}
      data-sequence={message.sequence ?? undefined}
      data-time={sentAt}
      tabIndex={isActive ? 0 : -1}
      aria-label={spoken(message)}
      onPointerEnter={({ pointerType }) => pointerType !== 'touch' && onHover(message.key)}
    >
      <div class="message-side">
        {isCompact ? <Time message={message} /> : <Avatar id={sender.id} name={sender.name} />}
      </div>
      <div class="message-main">
        {!isCompact && (
          <div class="message-head">
            <b class="message-name">{sender.name}</b>
            <Time message={message} />
            {pinnedAt !== null && (
              <span class="message-pinned">
                <Icon name="pin" size={14} />
                {t('message.pinned')}
              </span>
            )}
          </div>
        )}
        {isCompact && <span class="visually-hidden">{sender.name}: </span>}
        <ReplyLine {...props} />
        <div class="message-text">
          <Body message={message} actions={actions} />
          {editedAt !== null && deletedAt === null && (
            <span class="message-edited" title={fullTime(editedAt)}>
              ({t('message.edited')})
            </span>
          )}
          {isCompact && pinnedAt !== null && <Icon name="pin" size={14} />}
        </div>
        {state === 'failed' && <Failed message={message} actions={actions} />}
        <Reactions message={message} isActive={isActive} actions={actions} />
        <ThreadLine {...props} />
      </div>
      {hasState && <SendState message={message} isActive={isActive} actions={actions} />}
      {hasToolbar && <MessageToolbar message={message} actions={actions} />}
    </li>
  );
};

/** One message; most of them do not change when a list does. */
export const Message = memo(MessageRow);
