import type { ChannelListItem } from '@parley/client';
import { useMemo } from 'preact/hooks';
import { openChannel, pathOf } from '../state/route.js';
import { useWatchable } from '../state/use-watchable.js';
import { t, tn } from '../text/translate.js';
import { Avatar } from './avatar.js';
import { Icon } from './icons.js';
import { useClient } from './session-context.js';
import { shownName, titleOf } from './use-channels.js';

const PartnerAvatar = ({ id, name }: { id: string; name: string }) => {
  const client = useClient();
  const presence = useWatchable(useMemo(() => client.presence.of(id), [client, id]));
  return <Avatar id={id} name={name} presence={presence.state} size="small" />;
};

const countText = (count: number): string => (count > 99 ? '99+' : String(count));

interface SidebarItemProps {
  readonly item: ChannelListItem;
  readonly myId: string;
  readonly isOpen: boolean;
  readonly hasDraft: boolean;
}

/** `unread`: bold with a number; a mention adds a filled one. */
export const SidebarItem = ({ item, myId, isOpen, hasDraft }: SidebarItemProps) => {
  const { id, kind, partner, unread, mentions } = item;
  const counts = [
    ...(unread > 0 ? [tn('nav.unread', unread)] : []),
    ...(mentions > 0 ? [tn('nav.mentioned', mentions)] : []),
    ...(hasDraft ? [t('nav.draft')] : []),
  ].join(', ');
  return (
    <li>
      <a
        class={`channel-link ${unread > 0 ? 'unread' : ''}`}
        href={pathOf({ name: 'channel', channelId: id, panel: null })}
        aria-current={isOpen ? 'page' : undefined}
        onClick={(event) => {
          if (event.ctrlKey || event.metaKey || event.shiftKey) return;
          event.preventDefault();
          openChannel(id);
        }}
      >
        {partner !== null && kind === 'direct' ? (
          <PartnerAvatar id={partner.id} name={shownName(partner.name)} />
        ) : (
          <span class="channel-sign">
            <Icon name={kind === 'group' ? 'lock' : 'hash'} size={18} />
          </span>
        )}
        <span class="channel-name">{titleOf(item, myId)}</span>
        {hasDraft && !isOpen && <Icon name="edit" size={14} />}
        {mentions > 0 && (
          <span class="badge at" aria-hidden="true">
            @{mentions > 1 && countText(mentions)}
          </span>
        )}
        {unread > 0 && (
          <span class="badge" aria-hidden="true">
            {countText(unread)}
          </span>
        )}
        {counts !== '' && <span class="visually-hidden">, {counts}</span>}
      </a>
    </li>
  );
};
