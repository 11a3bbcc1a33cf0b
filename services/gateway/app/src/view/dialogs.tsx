import type { ChannelListItem } from '@parley/client';
import { dialog } from '../state/dialogs.js';
import { useWatchable } from '../state/use-watchable.js';
import { CreateDialog } from './create-dialog.js';
import { EmojiDialog } from './emoji-dialog.js';
import { FindDialog } from './find-dialog.js';
import { HelpDialog } from './help-dialog.js';
import { SettingsDialog } from './settings-dialog.js';
import { ActionsDialog, DateDialog, DeleteDialog } from './small-dialogs.js';

export const Dialogs = ({ channels }: { channels: readonly ChannelListItem[] }) => {
  const current = useWatchable(dialog);
  switch (current?.name) {
    case undefined:
      return null;
    case 'find':
      return <FindDialog channels={channels} />;
    case 'create':
      return <CreateDialog />;
    case 'settings':
      return <SettingsDialog />;
    case 'help':
      return <HelpDialog />;
    case 'delete':
      return <DeleteDialog message={current.message} onConfirm={current.onConfirm} />;
    case 'emoji':
      return <EmojiDialog onPick={current.onPick} />;
    case 'date':
      return <DateDialog onPick={current.onPick} />;
    case 'actions':
      return <ActionsDialog title={current.title} actions={current.actions} />;
  }
};
