import type { ChannelInfo, LiveChannel, NamedMember } from '@parley/client';
import { useState } from 'preact/hooks';
import { openChannel } from '../state/route.js';
import { useWatchable } from '../state/use-watchable.js';
import { tellError } from '../text/plain-words.js';
import { t } from '../text/translate.js';
import { Avatar } from '../view/avatar.js';
import { IconButton } from '../view/icon-button.js';
import { PeopleField } from '../view/people-field.js';
import { useClient, useMe } from '../view/session-context.js';
import { shownName } from '../view/use-channels.js';
import { PanelFrame } from './panel.js';

interface MembersPanelProps {
  readonly channel: LiveChannel;
  readonly info: ChannelInfo | null;
  readonly isModerator: boolean;
}

interface MemberRowProps {
  readonly member: NamedMember;
  readonly presence: 'online' | 'away' | 'offline' | undefined;
  readonly onRemove: (() => void) | null;
}

const MemberRow = ({ member, presence, onRemove }: MemberRowProps) => {
  const client = useClient();
  const me = useMe();
  const name = shownName(member.name);
  const openDirect = (): void => void client.direct(member.accountId).then(({ id }) => openChannel(id), tellError);
  return (
    <li class="member">
      <button type="button" class="member-open" onClick={openDirect} title={t('channel.message', { name })}>
        <Avatar id={member.accountId} name={name} presence={presence} size="small" />
        <span class="member-name">{member.accountId === me.id ? t('channel.you', { name }) : name}</span>
        {member.role !== 'member' && <span class="hint">{t(`channel.role.${member.role}`)}</span>}
      </button>
      {onRemove !== null && <IconButton icon="close" label={t('channel.removeMember', { name })} onClick={onRemove} />}
    </li>
  );
};

const Leave = ({ channel }: { channel: LiveChannel }) => {
  const { rest, channels } = useClient();
  const leave = async (): Promise<void> => {
    await rest.leave(channel.id);
    await channels.refresh();
  };
  return (
    <button type="button" class="quiet" onClick={() => void leave().catch(tellError)}>
      {t('channel.leave')}
    </button>
  );
};

export const MembersPanel = ({ channel, info, isModerator }: MembersPanelProps) => {
  const { rest } = useClient();
  const me = useMe();
  const members = useWatchable(channel.members);
  const { accounts } = useWatchable(channel.presence);
  const [isBusy, setBusy] = useState(false);
  const mayManage = isModerator && info?.kind !== 'direct';
  const add = async (accountId: string): Promise<void> => {
    setBusy(true);
    await rest.putMember(channel.id, accountId).catch(tellError);
    setBusy(false);
  };
  const isRemovable = ({ accountId, role }: NamedMember): boolean =>
    mayManage && accountId !== me.id && role !== 'owner';
  const own = members.find(({ accountId }) => accountId === me.id);
  return (
    <PanelFrame title={t('channel.info')}>
      <div class="panel-scroll">
        {mayManage && info?.kind === 'group' && (
          <PeopleField
            label={t('channel.addMember')}
            isDisabled={isBusy}
            exclude={members.map(({ accountId }) => accountId)}
            onPick={({ id }) => void add(id)}
          />
        )}
        <ul class="members">
          {members.map((member) => (
            <MemberRow
              key={member.accountId}
              member={member}
              presence={accounts.get(member.accountId)?.state}
              onRemove={
                isRemovable(member) ? () => void rest.removeMember(channel.id, member.accountId).catch(tellError) : null
              }
            />
          ))}
        </ul>
        {channel.members.hasMore && (
          <button type="button" class="link" onClick={() => void channel.members.loadMore().catch(tellError)}>
            {t('nav.loadMore')}
          </button>
        )}
        {own !== undefined && own.role !== 'owner' && info?.kind !== 'direct' && <Leave channel={channel} />}
      </div>
    </PanelFrame>
  );
};
