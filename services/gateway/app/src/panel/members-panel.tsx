import type { ChannelInfo, LiveChannel, NamedMember } from '@parley/client';
import { useState } from 'preact/hooks';
import { type Action, dialog } from '../state/dialogs.js';
import { go, openChannel } from '../state/route.js';
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
  /** What may be done with the member besides writing to it. */
  readonly actions: readonly Action[];
}

const MemberRow = ({ member, presence, actions }: MemberRowProps) => {
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
      {actions.length > 0 && (
        <IconButton
          icon="more"
          label={t('channel.manageMember', { name })}
          onClick={() => dialog.set({ name: 'actions', title: name, actions })}
        />
      )}
    </li>
  );
};

/** What this account may do with a member: an owner gives roles, owners and admins remove. */
const useMemberActions = (channel: LiveChannel, ownRole: NamedMember['role'] | undefined) => {
  const { rest } = useClient();
  const me = useMe();
  return ({ accountId, role, name }: NamedMember): readonly Action[] => {
    if (accountId === me.id || role === 'owner' || (ownRole !== 'owner' && ownRole !== 'admin')) return [];
    const next = role === 'admin' ? 'member' : 'admin';
    const shown = shownName(name);
    const giveRole: Action = {
      id: 'role',
      label: t(next === 'admin' ? 'channel.makeAdmin' : 'channel.makeMember'),
      run: () => void rest.putMember(channel.id, accountId, next).catch(tellError),
    };
    const remove: Action = {
      id: 'remove',
      label: t('channel.removeMember', { name: shown }),
      isDangerous: true,
      run: () =>
        dialog.set({
          name: 'confirm',
          title: t('channel.removeMemberTitle', { name: shown }),
          hint: t('channel.removeMemberHint'),
          action: {
            id: 'remove',
            label: t('channel.remove'),
            isDangerous: true,
            run: () => void rest.removeMember(channel.id, accountId).catch(tellError),
          },
        }),
    };
    return [...(ownRole === 'owner' ? [giveRole] : []), remove];
  };
};

interface ManageProps {
  readonly channel: LiveChannel;
  readonly info: ChannelInfo;
  readonly ownRole: NamedMember['role'];
}

/** Rename, leave and close. */
const Manage = ({ channel, info, ownRole }: ManageProps) => {
  const { rest, channels } = useClient();
  const leave = async (): Promise<void> => {
    await rest.leave(channel.id);
    go({ name: 'home' });
    await channels.refresh();
  };
  const confirm = (title: string, hint: string, label: string, run: () => void): void =>
    dialog.set({ name: 'confirm', title, hint, action: { id: 'confirm', label, isDangerous: true, run } });
  const onRename = (title: string): Promise<unknown> => rest.renameChannel(channel.id, title);
  return (
    <div class="manage">
      {ownRole !== 'member' && (
        <button type="button" class="quiet" onClick={() => dialog.set({ name: 'rename', title: info.title, onRename })}>
          {t('channel.rename')}
        </button>
      )}
      <button
        type="button"
        class="quiet"
        onClick={() =>
          confirm(
            t('channel.leaveTitle', { name: info.title }),
            t(info.kind === 'group' ? 'channel.leaveGroupHint' : 'channel.leaveRoomHint'),
            t('channel.leave'),
            () => void leave().catch(tellError),
          )
        }
      >
        {t('channel.leave')}
      </button>
      {ownRole === 'owner' && info.closedAt === null && (
        <button
          type="button"
          class="quiet danger"
          onClick={() =>
            confirm(
              t('channel.closeTitle', { name: info.title }),
              t('channel.closeHint'),
              t('channel.close'),
              () => void rest.closeChannel(channel.id).catch(tellError),
            )
          }
        >
          {t('channel.close')}
        </button>
      )}
    </div>
  );
};

export const MembersPanel = ({ channel, info, isModerator }: MembersPanelProps) => {
  const { rest } = useClient();
  const me = useMe();
  const members = useWatchable(channel.members);
  const { accounts } = useWatchable(channel.presence);
  const [isBusy, setBusy] = useState(false);
  const own = members.find(({ accountId }) => accountId === me.id);
  const actionsOf = useMemberActions(channel, info?.kind === 'direct' ? undefined : own?.role);
  const add = async (accountId: string): Promise<void> => {
    setBusy(true);
    await rest.putMember(channel.id, accountId).catch(tellError);
    setBusy(false);
  };
  const isOpen = info !== null && info.kind !== 'direct' && info.closedAt === null;
  return (
    <PanelFrame title={t('channel.info')}>
      <div class="panel-scroll">
        {isModerator && isOpen && (
          <PeopleField
            label={t('channel.addMember')}
            isDisabled={isBusy}
            exclude={members.map(({ accountId }) => accountId)}
            onPick={({ id }) => void add(id)}
          />
        )}
        <ul class="members" aria-label={t('channel.info')}>
          {members.map((member) => (
            <MemberRow
              key={member.accountId}
              member={member}
              presence={accounts.get(member.accountId)?.state}
              actions={actionsOf(member)}
            />
          ))}
        </ul>
        {channel.members.hasMore && (
          <button type="button" class="link" onClick={() => void channel.members.loadMore().catch(tellError)}>
            {t('nav.loadMore')}
          </button>
        )}
        {own !== undefined && info !== null && info.kind !== 'direct' && (
          <Manage channel={channel} info={info} ownRole={own.role} />
        )}
      </div>
    </PanelFrame>
  );
};
