import type { LiveChannel, TimelineMessage } from '@parley/client';
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Composer, type ComposerHandle, type Writing } from '../compose/composer.js';
import { createMessageActions } from '../log/message-actions.js';
import { type LogHandle, MessageLog } from '../log/message-log.js';
import { useSnapshot } from '../offline/use-snapshot.js';
import { dialog } from '../state/dialogs.js';
import type { Panel } from '../state/route.js';
import { useWatchable } from '../state/use-watchable.js';
import { tellError } from '../text/plain-words.js';
import { t } from '../text/translate.js';
import { ConversationHeader } from './conversation-header.js';
import { Footer } from './conversation-footer.js';
import { Icon } from './icons.js';
import { PanelView } from './panel-view.js';
import { useClient, useConnection, useMe } from './session-context.js';
import { TypingLine } from './typing-line.js';
import { useChannelInfo } from './use-channel-info.js';
import { useFirstUnread } from './use-first-unread.js';
import { titleOf } from './use-channels.js';

const useMessages = (channel: LiveChannel): readonly TimelineMessage[] => {
  const me = useMe();
  const connection = useConnection();
  // Before the subscription, which would load the end. Why it failed is shown in the log.
  useEffect(() => {
    if (channel.messages.items.length === 0) channel.messages.jumpTo('firstUnread').catch(() => undefined);
  }, [channel]);
  const items = useWatchable(channel.messages);
  const isMissing = items.length === 0 && (connection.name !== 'open' || channel.messages.isLoading);
  return useSnapshot(`messages:${me.id}:${channel.id}`, items, isMissing);
};

/** What the parts of a conversation do with each other. */
const useConversation = (channel: LiveChannel, messages: readonly TimelineMessage[]) => {
  const client = useClient();
  const me = useMe();
  const members = useWatchable(channel.members);
  const [writing, setWriting] = useState<Writing>({ to: 'new' });
  const log = useRef<LogHandle>(null);
  const composer = useRef<ComposerHandle>(null);
  const role = members.find(({ accountId }) => accountId === me.id)?.role;
  const show = useCallback(
    async (messageId: string): Promise<void> => {
      const known = channel.messages.items.find(({ id }) => id === messageId)?.sequence;
      const sequence = known ?? (await client.rest.message(messageId)).sequence;
      await log.current?.jumpTo({ sequence });
    },
    [channel, client],
  );
  const actions = useMemo(
    () =>
      createMessageActions({
        rest: client.rest,
        channel,
        ownNames: me.username === null ? [] : [me.username.toLowerCase()],
        hasThreads: true,
        isModerator: role === 'owner' || role === 'admin',
        onReply: (message) => setWriting({ to: 'reply', message }),
        onEdit: (message) => setWriting({ to: 'edit', message }),
        onShow: (messageId) => void show(messageId).catch(tellError),
      }),
    [client, channel, me, role, show],
  );
  const send = (text: string): void => {
    setWriting({ to: 'new' });
    if (writing.to === 'edit') {
      if (writing.message.id !== null) channel.edit(writing.message.id, text).catch(tellError);
      return;
    }
    const replyTo = writing.to === 'reply' ? writing.message.id : null;
    // Whether it arrived is shown beside it.
    channel.send(text, replyTo === null ? {} : { replyTo }).sent.catch(() => undefined);
    void log.current?.jumpTo('latest').catch(tellError);
  };
  const editLast = (): boolean => {
    const last = messages.findLast((message) => actions.allowed(message).includes('edit'));
    if (last !== undefined) setWriting({ to: 'edit', message: last });
    return last !== undefined;
  };
  return { writing, setWriting, log, composer, actions, send, editLast };
};

/** Jumps within the messages, with their keys. */
const useJumps = (log: { readonly current: LogHandle | null }) => {
  const jumps = useMemo(() => {
    const jump = (position: Parameters<LogHandle['jumpTo']>[0]): void =>
      void log.current?.jumpTo(position).catch(tellError);
    return {
      pickDate: () => dialog.set({ name: 'date', onPick: (time) => jump({ time }) }),
      toUnread: () => jump('firstUnread'),
    };
  }, [log]);
  useEffect(() => {
    // By the place of the key: with Alt some keyboards write other letters.
    const onKey = (event: KeyboardEvent): void => {
      if (!event.altKey || event.ctrlKey || event.metaKey || dialog.value !== null) return;
      if (event.code === 'KeyU') jumps.toUnread();
      else if (event.code === 'KeyJ') jumps.pickDate();
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [jumps]);
  return jumps;
};

const Refused = () => (
  <div class="refused">
    <Icon name="alert" size={28} />
    <p>{t('channel.gone')}</p>
  </div>
);

interface ConversationProps {
  readonly channelId: string;
  readonly panel: Panel | null;
  /** Channels with unread messages. */
  readonly unreadElsewhere: number;
}

export const Conversation = ({ channelId, panel, unreadElsewhere }: ConversationProps) => {
  const client = useClient();
  const me = useMe();
  const channel = useMemo(() => client.channel(channelId), [client, channelId]);
  const status = useWatchable(channel.status);
  const info = useChannelInfo(channel);
  const messages = useMessages(channel);
  const unread = useWatchable(channel.unread);
  const firstUnread = useFirstUnread(channel);
  const { writing, setWriting, log, composer, actions, send, editLast } = useConversation(channel, messages);
  const title = info === null ? '' : titleOf(info, me.id);
  useEffect(() => {
    document.title = `${unreadElsewhere > 0 ? `(${unreadElsewhere}) ` : ''}${title || t('app.loading')} · ${t('app.name')}`;
  }, [title, unreadElsewhere]);
  const onSeen = useCallback(
    (sequence: number) => {
      if (sequence > channel.unread.value.read) channel.markRead(sequence).catch(() => undefined);
    },
    [channel],
  );
  const toComposer = useCallback(() => composer.current?.focus(), [composer]);
  const jumps = useJumps(log);
  if (status.name === 'refused')
    return (
      <main class="conversation">
        <Refused />
      </main>
    );
  return (
    <>
      <main id="main" class={panel === null ? 'conversation' : 'conversation beside-panel'}>
        <ConversationHeader channel={channel} info={info} title={title} onPickDate={jumps.pickDate} panel={panel} />
        <MessageLog
          timeline={channel.messages}
          messages={messages}
          label={t('channel.messages', { name: title })}
          actions={actions}
          readUpTo={firstUnread.readUpTo}
          isReadKnown={firstUnread.isKnown}
          firstUnreadCount={firstUnread.count}
          newCount={unread.count}
          handle={log}
          onSeen={onSeen}
          onLeave={toComposer}
        >
          <p class="log-begin">{t(messages.length === 0 ? 'channel.empty' : 'channel.begin')}</p>
        </MessageLog>
        <TypingLine channel={channel} />
        <Footer channel={channel} info={info}>
          <Composer
            channel={channel}
            place={channelId}
            placeholder={t('composer.placeholder', { name: title })}
            writing={writing}
            handle={composer}
            onSend={send}
            onCancel={() => setWriting({ to: 'new' })}
            onEditLast={editLast}
            onToMessages={() => log.current?.focusLast() ?? false}
          />
        </Footer>
      </main>
      {panel !== null && (
        <PanelView
          panel={panel}
          channel={channel}
          info={info}
          onShow={actions.show}
          isModerator={actions.isModerator}
        />
      )}
    </>
  );
};
