import type { Timeline, TimelineMessage } from '@parley/client';
import type { ComponentChildren, Ref } from 'preact';
import { useEffect, useImperativeHandle, useMemo, useState } from 'preact/hooks';
import { notify } from '../state/dialogs.js';
import { tellError } from '../text/plain-words.js';
import { dayName, fullTime } from '../text/times.js';
import { t, tn } from '../text/translate.js';
import { Icon } from '../view/icons.js';
import { IconButton } from '../view/icon-button.js';
import { Message } from './message.js';
import type { MessageActions } from './message-actions.js';
import { rowsOf } from './rows.js';
import { useLogKeys } from './use-log-keys.js';
import { useLogScroll } from './use-log-scroll.js';
import { useSeen } from './use-seen.js';
import { useUnreadAbove } from './use-unread-above.js';

/** What the parts around a log may ask of it. */
export interface LogHandle {
  /** Puts the focus on the last message; false: there is none. */
  focusLast(): boolean;
  /** Shows a message, loading the part around it first. */
  jumpTo(position: { readonly sequence: number } | { readonly time: string } | 'firstUnread' | 'latest'): Promise<void>;
}

interface MessageLogProps {
  readonly timeline: Timeline;
  readonly messages: readonly TimelineMessage[];
  readonly label: string;
  readonly actions: MessageActions;
  /** Messages after this sequence are new, and the log opens there; null: there is no line, and it opens at its end. */
  readonly readUpTo: number | null;
  /** Whether `readUpTo` is known by now. Default: true. */
  readonly isReadKnown?: boolean;
  /** How many were new when the line was drawn. */
  readonly firstUnreadCount?: number;
  readonly newCount: number;
  readonly handle: Ref<LogHandle>;
  readonly children: ComponentChildren;
  /** Called with the sequence of the last message that was in sight on a visible page that has the focus. */
  readonly onSeen: (sequence: number) => void;
  /** Called for keys that leave the log. */
  readonly onLeave: () => void;
}

const isAfterTime =
  (time: string) =>
  ({ dataset }: HTMLElement): boolean =>
    (dataset['time'] ?? '') >= time;

/** Whether the message of a position is certainly among those that are loaded, if it exists. */
const isWithin = (
  { items, hasBefore }: Timeline,
  position: Parameters<LogHandle['jumpTo']>[0],
  readUpTo: number | null,
): boolean => {
  if (typeof position === 'object') return 'sequence' in position;
  return position === 'firstUnread' && (!hasBefore || (items[0]?.sequence ?? Infinity) <= (readUpTo ?? 0));
};

/** Where the log opens; null while that is not loaded, which it causes if need be. */
const useStart = (
  { timeline, readUpTo, isReadKnown = true }: MessageLogProps,
  isLineLoaded: boolean,
): 'line' | 'end' | null => {
  const [hasJumped, setJumped] = useState(false);
  const isReady = isReadKnown && timeline.items.length > 0;
  const isThere = readUpTo === null ? !timeline.hasAfter : isLineLoaded;
  const isElsewhere = isReady && !isThere && !timeline.isLoading;
  useEffect(() => {
    if (!isElsewhere || hasJumped) return;
    // It was shown elsewhere before. What is unread is known by its position only here.
    setJumped(true);
    timeline.jumpTo(readUpTo === null ? 'latest' : { sequence: readUpTo + 1 }).catch(tellError);
  }, [timeline, readUpTo, isElsewhere, hasJumped]);
  if (!isReady || (!isThere && !(hasJumped && !timeline.isLoading))) return null;
  return readUpTo === null ? 'end' : 'line';
};

const useJump = (
  { timeline, readUpTo }: MessageLogProps,
  { reveal, toEnd }: Pick<ReturnType<typeof useLogScroll>, 'reveal' | 'toEnd'>,
): LogHandle['jumpTo'] => {
  return async (position) => {
    if (position === 'firstUnread' && readUpTo === null) return notify(t('channel.nothingUnread'), 'done');
    const find =
      position === 'latest'
        ? null
        : position === 'firstUnread'
          ? ({ dataset, classList }: HTMLElement) =>
              Number(dataset['sequence'] ?? 0) > (readUpTo ?? 0) && !classList.contains('own')
          : 'time' in position
            ? isAfterTime(position.time)
            : ({ dataset }: HTMLElement) => dataset['sequence'] === String(position.sequence);
    const isLoaded = find !== null && isWithin(timeline, position, readUpTo) && reveal(find);
    if (isLoaded || (position === 'latest' && timeline.isLive)) return position === 'latest' ? toEnd() : undefined;
    // What was unread when the channel was opened may be read by now.
    await timeline.jumpTo(position === 'firstUnread' ? { sequence: (readUpTo ?? 0) + 1 } : position);
    // The rows are there after the rendering that follows.
    await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    if (find === null || !reveal(find)) toEnd();
  };
};

/** The place of messages that are being loaded; it appears only when that takes a while. */
const Waiting = () => (
  <div class="waiting" aria-hidden="true">
    {[0, 1, 2].map((each) => (
      <div key={each}>
        <span />
        <p />
      </div>
    ))}
  </div>
);

const Edge = ({ isLoading, text, end }: { isLoading: boolean; text: string; end?: ComponentChildren }) =>
  isLoading ? <p class="log-edge">{text}</p> : <>{end}</>;

export const MessageLog = (props: MessageLogProps) => {
  const { timeline, messages, label, actions, readUpTo, newCount, handle, children, onSeen, onLeave } = props;
  const { firstUnreadCount = newCount } = props;
  // Before the first message of a page that begins later the line would be at the wrong place.
  const isLineLoaded = readUpTo !== null && isWithin(timeline, 'firstUnread', readUpTo);
  const lineAfter = isLineLoaded ? readUpTo : null;
  const rows = useMemo(() => rowsOf(messages, lineAfter), [messages, lineAfter]);
  const start = useStart(props, isLineLoaded);
  const onSight = useSeen(onSeen);
  const scroll = useLogScroll({ timeline, changes: rows, start, onSight, onError: tellError });
  const jumpTo = useJump(props, scroll);
  const unreadAbove = useUnreadAbove(scroll.log, rows, readUpTo, isLineLoaded);
  const [hovered, setHovered] = useState<string | null>(null);
  const keys = useLogKeys(scroll.log, messages, actions, onLeave);
  useImperativeHandle(handle, () => ({ focusLast: keys.focusLast, jumpTo }), [keys, jumpTo]);
  const byId = useMemo(() => new Map(messages.map((message) => [message.id, message])), [messages]);
  const tell = (position: Parameters<LogHandle['jumpTo']>[0]): void => void jumpTo(position).catch(tellError);
  return (
    <div class="log-place">
      <div
        ref={scroll.log}
        class="log"
        role="log"
        aria-label={label}
        aria-live={timeline.isLive && !timeline.isLoading ? 'polite' : 'off'}
        aria-busy={timeline.isLoading}
        onScroll={scroll.onScroll}
        onKeyDown={keys.onKeyDown}
        onFocusIn={keys.onFocusIn}
        onFocusOut={keys.onFocusOut}
        onPointerLeave={() => setHovered(null)}
      >
        <div class="log-space" />
        {messages.length === 0 && timeline.isLoading && <Waiting />}
        <Edge
          isLoading={timeline.isLoading && timeline.hasBefore && messages.length > 0}
          text={t('channel.loadingOlder')}
          end={!timeline.hasBefore && !timeline.isLoading && timeline.error === null && children}
        />
        <ol>
          {rows.map((row) =>
            row.type === 'day' ? (
              <li key={row.key} class="day-line">
                <time dateTime={row.time} title={fullTime(row.time)}>
                  {dayName(row.time)}
                </time>
              </li>
            ) : row.type === 'new' ? (
              <li key={row.key} class="new-line">
                <span>{t('channel.newLine')}</span>
              </li>
            ) : (
              <Message
                key={row.key}
                message={row.message}
                repliedTo={row.message.replyTo === null ? null : (byId.get(row.message.replyTo) ?? null)}
                isCompact={row.isCompact}
                hasState={row.hasState}
                isActive={keys.activeKey === row.key}
                hasToolbar={hovered === row.key || keys.focusedKey === row.key}
                actions={actions}
                onHover={setHovered}
              />
            ),
          )}
        </ol>
        <Edge isLoading={timeline.isLoading && timeline.hasAfter} text={t('channel.loadingNewer')} />
        {timeline.error !== null && !timeline.isLoading && (
          <div class="log-edge" role="alert">
            {t('channel.loadFailed')}{' '}
            <button
              type="button"
              class="link"
              onClick={() =>
                void (messages.length === 0 ? timeline.jumpTo('firstUnread') : timeline.loadBefore()).catch(tellError)
              }
            >
              {t('app.retry')}
            </button>
          </div>
        )}
      </div>
      {unreadAbove.isAbove && (
        <div class="to-unread">
          <button
            type="button"
            aria-keyshortcuts="Alt+U"
            title={`${t('channel.toUnread')} (Alt U)`}
            onClick={() => tell('firstUnread')}
          >
            <Icon name="up" size={18} />
            {tn('channel.newer', firstUnreadCount)}
          </button>
          <IconButton icon="close" label={t('channel.dismissUnread')} onClick={unreadAbove.dismiss} />
        </div>
      )}
      {(!scroll.isAtEnd || timeline.hasAfter) && messages.length > 0 && (
        <button type="button" class={`to-end ${newCount > 0 ? 'has-new' : ''}`} onClick={() => tell('latest')}>
          <Icon name="down" size={18} />
          {newCount > 0 ? tn('channel.newer', newCount) : t('channel.toLatest')}
        </button>
      )}
    </div>
  );
};
