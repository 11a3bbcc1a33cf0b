import type { ChannelListItem } from '@parley/client';
import { useEffect } from 'preact/hooks';
import { dialog } from '../state/dialogs.js';
import { openChannel, openPanel, route } from '../state/route.js';
import { inSidebarOrder } from './sidebar.js';

const isField = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches('input, textarea, select');

/** The channel that is `step` away from the open one, in the order of the sidebar and around its ends. */
const neighbor = (
  channels: readonly ChannelListItem[],
  openId: string | null,
  step: 1 | -1,
  unreadOnly: boolean,
): string | null => {
  const list = channels.filter(({ id, unread }) => !unreadOnly || unread > 0 || id === openId);
  const at = list.findIndex(({ id }) => id === openId);
  const next = at === -1 ? list.at(step === 1 ? 0 : -1) : list[(at + step + list.length) % list.length];
  return next === undefined || next.id === openId ? null : next.id;
};

/** Closes the panel, else goes back to the message box. */
const leave = (): void => {
  if (route.value.name === 'channel' && route.value.panel !== null) openPanel(null);
  else document.querySelector<HTMLElement>('.conversation .composer textarea')?.focus();
};

const openNeighbor = (event: KeyboardEvent, channels: readonly ChannelListItem[]): void => {
  const openId = route.value.name === 'channel' ? route.value.channelId : null;
  const next = neighbor(inSidebarOrder(channels), openId, event.key === 'ArrowDown' ? 1 : -1, event.shiftKey);
  if (next !== null) openChannel(next);
};

/** The shortcuts that work everywhere; those of messages and of the message box are with them. */
export const useShortcuts = (channels: readonly ChannelListItem[]): void => {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.isComposing) return;
      const command = event.ctrlKey || event.metaKey;
      if (command && event.key.toLowerCase() === 'k') dialog.set({ name: 'find' });
      else if (command && event.key === '/') dialog.set({ name: 'help' });
      else if (event.key === '?' && !isField(event.target)) dialog.set({ name: 'help' });
      else if (event.altKey && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) openNeighbor(event, channels);
      else if (event.key === 'Escape' && dialog.value === null) leave();
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [channels]);
};
