import type { ChannelInfo, LiveChannel } from '@parley/client';
import { useMemo } from 'preact/hooks';
import { go, openPanel, type Panel } from '../state/route.js';
import { useWatchable } from '../state/use-watchable.js';
import { dayAndTime } from '../text/times.js';
import { t, tn } from '../text/translate.js';
import { Avatar } from './avatar.js';
import { Icon } from './icons.js';
import { IconButton } from './icon-button.js';
import { useClient } from './session-context.js';
import { shownName } from './use-channels.js';

const PartnerLine = ({ id }: { id: string }) => {
  const client = useClient();
  const { state, lastSeenAt } = useWatchable(useMemo(() => client.presence.of(id), [client, id]));
  const text =
    state === 'offline' && lastSeenAt !== null
      ? t('presence.lastSeen', { time: dayAndTime(lastSeenAt) })
      : t(`presence.${state}`);
  return <p class="subtitle">{text}</p>;
};

const PartnerAvatar = ({ id, name }: { id: string; name: string }) => {
  const client = useClient();
  const { state } = useWatchable(useMemo(() => client.presence.of(id), [client, id]));
  return <Avatar id={id} name={name} presence={state} />;
};

const MembersLine = ({ channel }: { channel: LiveChannel }) => {
  const { online } = useWatchable(channel.presence);
  const members = useWatchable(channel.members);
  if (members.length === 0) return <p class="subtitle">&nbsp;</p>;
  const count = channel.members.hasMore ? `${members.length}+` : tn('channel.members', members.length);
  return (
    <p class="subtitle">
      {count}
      {online > 0 && ` · ${t('channel.online', { count: online })}`}
    </p>
  );
};

interface HeaderProps {
  readonly channel: LiveChannel;
  readonly info: ChannelInfo | null;
  readonly title: string;
  readonly panel: Panel | null;
  readonly onPickDate: () => void;
}

export const ConversationHeader = ({ channel, info, title, panel, onPickDate }: HeaderProps) => {
  const partner = info?.kind === 'direct' ? info.partner : null;
  const toggle = (name: 'pins' | 'members'): void => openPanel(panel?.name === name ? null : { name });
  return (
    <header class="conversation-header">
      <IconButton class="back" icon="back" label={t('app.back')} onClick={() => go({ name: 'home' })} />
      {partner === null ? (
        <span class="channel-sign large">
          <Icon name={info?.kind === 'group' ? 'lock' : 'hash'} />
        </span>
      ) : (
        <PartnerAvatar id={partner.id} name={shownName(partner.name)} />
      )}
      <div class="titles">
        <h1 tabIndex={-1}>{title || ' '}</h1>
        {partner === null ? <MembersLine channel={channel} /> : <PartnerLine id={partner.id} />}
      </div>
      <IconButton icon="calendar" label={t('channel.jump')} onClick={onPickDate} />
      <IconButton
        icon="pin"
        label={t('channel.pins')}
        isPressed={panel?.name === 'pins'}
        onClick={() => toggle('pins')}
      />
      <IconButton
        icon="people"
        label={t('channel.info')}
        isPressed={panel?.name === 'members'}
        onClick={() => toggle('members')}
      />
    </header>
  );
};
