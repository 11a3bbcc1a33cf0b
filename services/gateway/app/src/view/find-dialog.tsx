import type { ChannelListItem } from '@parley/client';
import { useEffect, useState } from 'preact/hooks';
import { dialog } from '../state/dialogs.js';
import { openChannel } from '../state/route.js';
import { tellError } from '../text/plain-words.js';
import { t, tn } from '../text/translate.js';
import { Icon } from './icons.js';
import { Modal } from './modal.js';
import { OptionField } from './option-field.js';
import type { Option } from './option-list.js';
import { PersonOption } from './people-field.js';
import { useClient, useMe } from './session-context.js';
import { titleOf } from './use-channels.js';
import { usePeopleSearch } from './use-people-search.js';

const channelsMax = 8;

interface FoundRoom {
  readonly id: string;
  readonly title: string;
}

/** Rooms that the account may join: the newest ones of the server, by title. */
const useRooms = (joined: readonly ChannelListItem[]): readonly FoundRoom[] => {
  const { rest } = useClient();
  const [rooms, setRooms] = useState<readonly FoundRoom[]>([]);
  useEffect(() => {
    let isCurrent = true;
    rest.channels({ kind: ['room'], limit: 200 }).then(
      (page) => isCurrent && setRooms(page.channels),
      () => undefined,
    );
    return () => {
      isCurrent = false;
    };
  }, [rest]);
  return rooms.filter(({ id }) => !joined.some((each) => each.id === id));
};

const ChannelOption = ({ kind, title }: { kind: string; title: string }) => (
  <>
    <span class="channel-sign">
      <Icon name={kind === 'group' ? 'lock' : kind === 'direct' ? 'people' : 'hash'} size={18} />
    </span>
    <span class="option-name">{title}</span>
  </>
);

const useOptions = (text: string, channels: readonly ChannelListItem[]): readonly Option[] => {
  const client = useClient();
  const me = useMe();
  const people = usePeopleSearch(text) ?? [];
  const rooms = useRooms(channels);
  const wanted = text.trim().toLowerCase().replace(/^@/, '');
  const fits = (title: string): boolean => title.toLowerCase().includes(wanted);
  const open = (id: string): void => {
    dialog.set(null);
    openChannel(id);
  };
  const known = channels
    .map((item) => ({ ...item, shown: titleOf(item, me.id) }))
    .filter(({ shown }) => fits(shown))
    .slice(0, channelsMax)
    .map(({ id, kind, shown }): Option => ({
      id,
      group: t('find.channels'),
      content: <ChannelOption kind={kind} title={shown} />,
      pick: () => open(id),
    }));
  // The partner of a conversation that is listed above is not listed again.
  const shownIds = new Set(known.map(({ id }) => id));
  const partners = new Set(channels.flatMap(({ id, partner }) => (shownIds.has(id) && partner ? [partner.id] : [])));
  const others = people
    .filter(({ id }) => !partners.has(id))
    .map((account): Option => ({
      id: account.id,
      group: t('find.people'),
      content: <PersonOption account={account} />,
      pick: () => void client.direct(account.id).then(({ id }) => open(id), tellError),
    }));
  const toJoin = rooms
    .filter(({ title }) => fits(title))
    .slice(0, channelsMax)
    .map(({ id, title }): Option => ({
      id,
      group: t('find.rooms'),
      content: <ChannelOption kind="room" title={title} />,
      pick: () => open(id),
    }));
  return [...known, ...others, ...toJoin];
};

export const FindDialog = ({ channels }: { channels: readonly ChannelListItem[] }) => {
  const [text, setText] = useState('');
  const options = useOptions(text, channels);
  return (
    <Modal title={t('find.title')} class="find">
      <OptionField label={t('find.field')} value={text} options={options} hasFocus onInput={setText} />
      {text.trim() !== '' && options.length === 0 && <p class="panel-empty">{t('find.none', { text: text.trim() })}</p>}
      <p class="visually-hidden" role="status">
        {tn('find.results', options.length)}
      </p>
    </Modal>
  );
};
