import type { LiveChannel, Thread, TimelineMessage } from '@parley/client';
import { useCallback, useMemo, useRef, useState } from 'preact/hooks';
import { Composer, type ComposerHandle, type Writing } from '../compose/composer.js';
import { createMessageActions } from '../log/message-actions.js';
import { type LogHandle, MessageLog } from '../log/message-log.js';
import { Message } from '../log/message.js';
import { useWatchable } from '../state/use-watchable.js';
import { tellError } from '../text/plain-words.js';
import { t, tn } from '../text/translate.js';
import { useClient, useMe } from '../view/session-context.js';
import { PanelFrame } from './panel.js';

interface ThreadPanelProps {
  readonly channel: LiveChannel;
  readonly rootId: string;
  readonly isModerator: boolean;
  readonly onShow: (messageId: string) => void;
}

const useThread = ({ channel, isModerator, onShow }: ThreadPanelProps, thread: Thread, isAlsoInChannel: boolean) => {
  const me = useMe();
  const { rest } = useClient();
  const [writing, setWriting] = useState<Writing>({ to: 'new' });
  const actions = useMemo(
    () =>
      createMessageActions({
        rest,
        channel,
        isModerator,
        ownNames: me.username === null ? [] : [me.username.toLowerCase()],
        hasThreads: false,
        onReply: (message) => setWriting({ to: 'reply', message }),
        onEdit: (message) => setWriting({ to: 'edit', message }),
        onShow,
      }),
    [rest, channel, me, isModerator, onShow],
  );
  const send = (text: string): void => {
    setWriting({ to: 'new' });
    if (writing.to === 'edit') {
      if (writing.message.id !== null) channel.edit(writing.message.id, text).catch(tellError);
      return;
    }
    const replyTo = writing.to === 'reply' ? writing.message.id : null;
    const options = { alsoInChannel: isAlsoInChannel, ...(replyTo !== null && { replyTo }) };
    thread.send(text, options).sent.catch(() => undefined);
  };
  return { actions, writing, setWriting, send };
};

const Root = ({ message, actions }: { message: TimelineMessage; actions: ReturnType<typeof createMessageActions> }) => (
  <ol class="thread-root">
    <Message
      message={message}
      repliedTo={null}
      isCompact={false}
      hasState={false}
      isActive={false}
      hasToolbar={false}
      actions={actions}
      onHover={() => undefined}
    />
  </ol>
);

export const ThreadPanel = (props: ThreadPanelProps) => {
  const { channel, rootId } = props;
  const thread = useMemo(() => channel.thread(rootId), [channel, rootId]);
  const root = useWatchable(thread.root);
  const replies = useWatchable(thread);
  const unread = useWatchable(thread.unread);
  const [isAlsoInChannel, setAlsoInChannel] = useState(false);
  const { actions, writing, setWriting, send } = useThread(props, thread, isAlsoInChannel);
  const log = useRef<LogHandle>(null);
  const composer = useRef<ComposerHandle>(null);
  const toComposer = useCallback(() => composer.current?.focus(), []);
  const onSeen = useCallback(
    (sequence: number) => {
      const last = thread.items.findLast((reply) => reply.sequence !== null)?.sequence ?? 0;
      if (sequence >= last && thread.unread.value.count > 0) thread.markRead().catch(() => undefined);
    },
    [thread],
  );
  const editLast = (): boolean => {
    const last = replies.findLast((message) => actions.allowed(message).includes('edit'));
    if (last !== undefined) setWriting({ to: 'edit', message: last });
    return last !== undefined;
  };
  return (
    <PanelFrame
      title={t('thread.title')}
      {...(replies.length > 0 && { subtitle: tn('message.replies', root?.replyCount ?? replies.length) })}
    >
      <MessageLog
        timeline={thread}
        messages={replies}
        label={t('thread.messages')}
        actions={actions}
        readUpTo={null}
        newCount={unread.count}
        handle={log}
        onSeen={onSeen}
        onLeave={toComposer}
      >
        {root !== null && <Root message={root} actions={actions} />}
      </MessageLog>
      <Composer
        channel={channel}
        place={`${channel.id}/${rootId}`}
        placeholder={t('composer.thread')}
        writing={writing}
        handle={composer}
        onSend={send}
        onCancel={() => setWriting({ to: 'new' })}
        onEditLast={editLast}
        onToMessages={() => log.current?.focusLast() ?? false}
      >
        <label class="check">
          <input
            type="checkbox"
            checked={isAlsoInChannel}
            onChange={({ currentTarget }) => setAlsoInChannel(currentTarget.checked)}
          />
          {t('composer.alsoInChannel')}
        </label>
      </Composer>
    </PanelFrame>
  );
};
