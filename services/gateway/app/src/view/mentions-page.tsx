import type { Message } from '@parley/client';
import { useCallback, useEffect, useState } from 'preact/hooks';
import { MessageCard } from '../panel/message-card.js';
import { go, openChannel } from '../state/route.js';
import { tellError } from '../text/plain-words.js';
import { t } from '../text/translate.js';
import { IconButton } from './icon-button.js';
import { useClient, useMe } from './session-context.js';
import { titleOf, useChannels } from './use-channels.js';

const pageLimit = 30;

const useMentionPages = () => {
  const { rest } = useClient();
  const [messages, setMessages] = useState<readonly Message[] | null>(null);
  const [next, setNext] = useState<number | null>(null);
  const load = useCallback(
    async (before?: number): Promise<void> => {
      const page = await rest.mentions({ limit: pageLimit, ...(before !== undefined && { before }) });
      setMessages((known) => [...(before === undefined ? [] : (known ?? [])), ...page.messages]);
      setNext(page.next);
    },
    [rest],
  );
  useEffect(() => void load().catch(tellError), [load]);
  return { messages, loadMore: next === null ? null : () => void load(next).catch(tellError) };
};

/** The messages that mention this account, the newest first. */
export const MentionsPage = () => {
  const me = useMe();
  const channels = useChannels();
  const { messages, loadMore } = useMentionPages();
  useEffect(() => {
    document.title = `${t('mentions.title')} · ${t('app.name')}`;
  }, []);
  const placeOf = ({ channelId }: Message): string => {
    const channel = channels.find(({ id }) => id === channelId);
    return channel === undefined ? '' : titleOf(channel, me.id);
  };
  return (
    <main class="conversation">
      <header class="conversation-header">
        <IconButton class="back" icon="back" label={t('app.back')} onClick={() => go({ name: 'home' })} />
        <div class="titles">
          <h1>{t('mentions.title')}</h1>
        </div>
      </header>
      <div class="panel-scroll wide">
        {messages?.length === 0 && <p class="panel-empty">{t('mentions.empty')}</p>}
        <ul class="cards">
          {messages?.map((message) => (
            <MessageCard
              key={message.id}
              message={message}
              place={placeOf(message)}
              ownNames={me.username === null ? [] : [me.username.toLowerCase()]}
              onOpen={() => openChannel(message.channelId)}
            />
          ))}
        </ul>
        {loadMore !== null && (
          <button type="button" class="link" onClick={loadMore}>
            {t('nav.loadMore')}
          </button>
        )}
      </div>
    </main>
  );
};
