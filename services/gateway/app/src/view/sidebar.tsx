import type { ChannelListItem } from '@parley/client';
import { dialog } from '../state/dialogs.js';
import { drafts } from '../state/drafts.js';
import { go, pathOf, type Route } from '../state/route.js';
import { useWatchable } from '../state/use-watchable.js';
import { tellError } from '../text/plain-words.js';
import { type PlainKey, t } from '../text/translate.js';
import { Icon } from './icons.js';
import { IconButton } from './icon-button.js';
import { OwnStatus } from './own-status.js';
import { useClient, useMe } from './session-context.js';
import { SidebarItem } from './sidebar-item.js';

const sections: readonly (readonly [title: PlainKey, kinds: readonly ChannelListItem['kind'][]])[] = [
  ['nav.rooms', ['room', 'topic']],
  ['nav.groups', ['group']],
  ['nav.directs', ['direct']],
];

/** The channels in the order in which the sidebar shows them. */
export const inSidebarOrder = (channels: readonly ChannelListItem[]): readonly ChannelListItem[] =>
  sections.flatMap(([, kinds]) => channels.filter(({ kind }) => kinds.includes(kind)));

const MentionsLink = ({ isOpen, count }: { isOpen: boolean; count: number }) => (
  <a
    class={`channel-link ${count > 0 ? 'unread' : ''}`}
    href={pathOf({ name: 'mentions' })}
    aria-current={isOpen ? 'page' : undefined}
    onClick={(event) => {
      event.preventDefault();
      go({ name: 'mentions' });
    }}
  >
    <span class="channel-sign">
      <Icon name="at" size={18} />
    </span>
    <span class="channel-name">{t('nav.mentions')}</span>
    {count > 0 && <span class="badge at">{count > 99 ? '99+' : count}</span>}
  </a>
);

const Section = ({
  title,
  items,
  openId,
}: {
  title: PlainKey;
  items: readonly ChannelListItem[];
  openId: string | null;
}) => {
  const me = useMe();
  if (items.length === 0) return null;
  return (
    <section>
      <h2>{t(title)}</h2>
      <ul>
        {items.map((item) => (
          <SidebarItem
            key={item.id}
            item={item}
            myId={me.id}
            isOpen={item.id === openId}
            hasDraft={drafts.read(item.id) !== ''}
          />
        ))}
      </ul>
    </section>
  );
};

const More = () => {
  const { channels } = useClient();
  useWatchable(channels);
  if (!channels.hasMore) return null;
  return (
    <button
      type="button"
      class="link"
      disabled={channels.isLoading}
      onClick={() => void channels.loadMore().catch(tellError)}
    >
      {t('nav.loadMore')}
    </button>
  );
};

export const Sidebar = ({ route, channels }: { route: Route; channels: readonly ChannelListItem[] }) => {
  const list = useClient().channels;
  const openId = route.name === 'channel' ? route.channelId : null;
  const mentioned = channels.reduce((sum, { mentions }) => sum + mentions, 0);
  return (
    <nav class="sidebar" aria-label={t('nav.label')}>
      <header class="sidebar-header">
        <button type="button" class="find-button" onClick={() => dialog.set({ name: 'find' })}>
          <Icon name="search" size={18} />
          <span>{t('nav.find')}</span>
          <kbd aria-hidden="true">Ctrl K</kbd>
        </button>
        <IconButton icon="plus" label={t('create.title')} onClick={() => dialog.set({ name: 'create' })} />
      </header>
      <div class="sidebar-list">
        <MentionsLink isOpen={route.name === 'mentions'} count={mentioned} />
        {channels.length === 0 && !list.isLoading && (
          <div class="sidebar-empty">
            <p>{t('nav.empty')}</p>
            <p class="hint">{t('nav.emptyHint')}</p>
            <button type="button" class="primary" onClick={() => dialog.set({ name: 'create' })}>
              {t('create.title')}
            </button>
          </div>
        )}
        {sections.map(([title, kinds]) => (
          <Section
            key={title}
            title={title}
            openId={openId}
            items={channels.filter(({ kind }) => kinds.includes(kind))}
          />
        ))}
        <More />
      </div>
      <OwnStatus />
    </nav>
  );
};
