import type { ChannelListItem } from '@parley/client';
import { dialog } from '../state/dialogs.js';
import { useWatchable } from '../state/use-watchable.js';
import { CreateDialog } from './create-dialog.js';
import { DetailsDialog } from './details-dialog.js';
import { EmojiDialog } from './emoji-dialog.js';
import { FindDialog } from './find-dialog.js';
import { HelpDialog } from './help-dialog.js';
import { PasswordDialog } from './password-dialog.js';
import { SettingsDialog } from './settings-dialog.js';
import { ActionsDialog, ConfirmDialog, DateDialog, DeleteDialog, RenameDialog } from './small-dialogs.js';

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
    case 'password':
      return <PasswordDialog />;
    case 'details':
      return <DetailsDialog message={current.message} channel={current.channel} />;
    case 'rename':
      return <RenameDialog title={current.title} onRename={current.onRename} />;
    case 'confirm':
      return <ConfirmDialog title={current.title} hint={current.hint} action={current.action} />;
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
