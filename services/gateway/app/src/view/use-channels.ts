import type { ChannelInfo, ChannelListItem } from '@parley/client';
import { useSnapshot } from '../offline/use-snapshot.js';
import { useWatchable } from '../state/use-watchable.js';
import { t } from '../text/translate.js';
import { useClient, useMe } from './session-context.js';

/** The channels of the account; without a network those that this device kept. */
export const useChannels = (): readonly ChannelListItem[] => {
  const { channels } = useClient();
  const me = useMe();
  const items = useWatchable(channels);
  return useSnapshot(`channels:${me.id}`, items, items.length === 0);
};

/** The name of an account; one that was deleted has none. */
export const shownName = (name: string | null): string => name ?? t('nav.nameless');

/** What a channel is called: a direct one by the other account. */
export const titleOf = (
  { kind, partner, title }: Pick<ChannelInfo, 'kind' | 'partner' | 'title'>,
  myId: string,
): string => {
  if (kind !== 'direct' || partner === null) return title;
  const name = shownName(partner.name);
  return partner.id === myId ? t('channel.you', { name }) : name;
};
