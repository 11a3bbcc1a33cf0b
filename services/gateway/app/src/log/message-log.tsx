import type { Timeline, TimelineMessage } from '@parley/client';
import type { ComponentChildren, Ref } from 'preact';
import { useEffect, useImperativeHandle, useMemo, useState } from 'preact/hooks';
import { tellError } from '../text/plain-words.js';
import { dayName, fullTime } from '../text/times.js';
import { t, tn } from '../text/translate.js';
import { Icon } from '../view/icons.js';
import { Message } from './message.js';
import type { MessageActions } from './message-actions.js';
import { rowsOf } from './rows.js';
import { useLogKeys } from './use-log-keys.js';
import { useLogScroll } from './use-log-scroll.js';

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
  /** Messages after this sequence are new; null: there is no line. */
  readonly readUpTo: number | null;
  readonly newCount: number;
  readonly handle: Ref<LogHandle>;
  readonly children: ComponentChildren;
  /** Called when the end is in sight. */
  readonly onEndSeen: () => void;
  /** Called for keys that leave the log. */
  readonly onLeave: () => void;
}

const isAfterTime =
  (time: string) =>
  ({ dataset }: HTMLElement): boolean =>
    (dataset['time'] ?? '') >= time;

const useEndSeen = (isEndSeen: boolean, changes: unknown, onEndSeen: () => void): void => {
  useEffect(() => {
    const tell = (): void => {
      if (isEndSeen && document.visibilityState === 'visible' && document.hasFocus()) onEndSeen();
    };
    tell();
    addEventListener('focus', tell);
    document.addEventListener('visibilitychange', tell);
    return () => {
      removeEventListener('focus', tell);
      document.removeEventListener('visibilitychange', tell);
    };
  }, [isEndSeen, changes, onEndSeen]);
};

const useJump = (
  { timeline, readUpTo }: MessageLogProps,
  { reveal, toEnd }: Pick<ReturnType<typeof useLogScroll>, 'reveal' | 'toEnd'>,
): LogHandle['jumpTo'] => {
  return async (position) => {
    const find =
      position === 'latest'
        ? null
        : position === 'firstUnread'
          ? ({ dataset }: HTMLElement) => Number(dataset['sequence'] ?? 0) > (readUpTo ?? 0)
          : 'time' in position
            ? isAfterTime(position.time)
            : ({ dataset }: HTMLElement) => dataset['sequence'] === String(position.sequence);
    const isLoaded = find !== null && typeof position === 'object' && 'sequence' in position && reveal(find);
    if (isLoaded || (position === 'latest' && timeline.isLive)) return position === 'latest' ? toEnd() : undefined;
    await timeline.jumpTo(position);
    // The rows are there after the rendering that follows.
    await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    if (find === null) toEnd();
    else reveal(find);
  };
};

const Edge = ({ isLoading, text, end }: { isLoading: boolean; text: string; end?: ComponentChildren }) =>
  isLoading ? <p class="log-edge">{text}</p> : <>{end}</>;

export const MessageLog = (props: MessageLogProps) => {
  const { timeline, messages, label, actions, readUpTo, newCount, handle, children, onEndSeen, onLeave } = props;
  const rows = useMemo(() => rowsOf(messages, readUpTo), [messages, readUpTo]);
  const scroll = useLogScroll(timeline, rows, tellError);
  const jumpTo = useJump(props, scroll);
  const [hovered, setHovered] = useState<string | null>(null);
  const keys = useLogKeys(scroll.log, messages, actions, onLeave);
  useEndSeen(scroll.isAtEnd && timeline.isLive, rows, onEndSeen);
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
        <Edge
          isLoading={timeline.isLoading && timeline.hasBefore}
          text={t('channel.loadingOlder')}
          end={!timeline.hasBefore && !timeline.isLoading && children}
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
      </div>
      {(!scroll.isAtEnd || timeline.hasAfter) && messages.length > 0 && (
        <button type="button" class={`to-end ${newCount > 0 ? 'has-new' : ''}`} onClick={() => tell('latest')}>
          <Icon name="down" size={18} />
          {newCount > 0 ? tn('channel.newer', newCount) : t('channel.toLatest')}
        </button>
      )}
    </div>
  );
};
