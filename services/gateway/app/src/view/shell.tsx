import { useEffect } from 'preact/hooks';
import { route } from '../state/route.js';
import { useWatchable } from '../state/use-watchable.js';
import { t } from '../text/translate.js';
import { ConnectionBar } from './connection-bar.js';
import { Conversation } from './conversation.js';
import { Dialogs } from './dialogs.js';
import { MentionsPage } from './mentions-page.js';
import { Notice } from './notice.js';
import { Sidebar } from './sidebar.js';
import { useChannels } from './use-channels.js';
import { useIdle } from './use-idle.js';
import { useShortcuts } from './use-shortcuts.js';

const Home = () => (
  <main class="home">
    <div>
      <img src="/app/icons/icon.svg" alt="" width={48} height={48} />
      <h1>{t('home.title')}</h1>
      <p class="hint">{t('home.hint', { key: 'Ctrl K' })}</p>
    </div>
  </main>
);

export const Shell = () => {
  const current = useWatchable(route);
  const channels = useChannels();
  const unread = channels.reduce((sum, item) => sum + (item.unread > 0 ? 1 : 0), 0);
  useShortcuts(channels);
  useIdle();
  useEffect(() => {
    if (current.name !== 'channel') document.title = `${unread > 0 ? `(${unread}) ` : ''}${t('app.name')}`;
  }, [current, unread]);
  return (
    <div class={`shell open-${current.name}`}>
      {current.name === 'channel' && (
        <a
          class="skip-link"
          href="#main"
          onClick={(event) => {
            event.preventDefault();
            document.querySelector<HTMLElement>('.conversation .composer textarea, .conversation h1')?.focus();
          }}
        >
          {t('app.skip')}
        </a>
      )}
      <ConnectionBar />
      <Sidebar route={current} channels={channels} />
      {current.name === 'home' && <Home />}
      {current.name === 'mentions' && <MentionsPage />}
      {current.name === 'channel' && (
        <Conversation
          key={current.channelId}
          channelId={current.channelId}
          panel={current.panel}
          unreadElsewhere={unread}
        />
      )}
      <Dialogs channels={channels} />
      <Notice />
    </div>
  );
};
