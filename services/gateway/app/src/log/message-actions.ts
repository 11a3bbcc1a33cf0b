import type { LiveChannel, ParleyClient, TimelineMessage } from '@parley/client';
import { noteEmoji } from '../emoji/recent.js';
import { type Action, dialog, notify } from '../state/dialogs.js';
import { openPanel } from '../state/route.js';
import { tellError } from '../text/plain-words.js';
import { t } from '../text/translate.js';

export type ActionName = 'edit' | 'reply' | 'thread' | 'react' | 'pin' | 'delete' | 'copy' | 'details' | 'more';

/** What can be done with the messages of a log. */
export interface MessageActions {
  /** Lower-case names by which this account is mentioned. */
  readonly ownNames: readonly string[];
  /** Whether this account may delete the messages of others. */
  readonly isModerator: boolean;
  /** The names of what may be done with this message, the usual ones first. */
  readonly allowed: (message: TimelineMessage) => readonly ActionName[];
  /** Does it; false: it may not be done with this message. */
  readonly run: (name: ActionName, message: TimelineMessage) => boolean;
  /** Adds or removes the own reaction. */
  readonly toggleReaction: (message: TimelineMessage, emoji: string) => void;
  /** The names of those who reacted with an emoji, in their order; null of a deleted account. */
  readonly reactedBy: (message: TimelineMessage, emoji: string) => Promise<readonly (string | null)[]>;
  readonly resend: (message: TimelineMessage) => void;
  readonly discard: (message: TimelineMessage) => void;
  /** Shows the message with this id. */
  readonly show: (messageId: string) => void;
}

export interface ActionsOptions {
  readonly rest: Pick<ParleyClient['rest'], 'reactions'>;
  readonly channel: LiveChannel;
  readonly ownNames: readonly string[];
  /** Whether threads begin here: not inside of one. */
  readonly hasThreads: boolean;
  readonly isModerator: boolean;
  readonly onReply: (message: TimelineMessage) => void;
  readonly onEdit: (message: TimelineMessage) => void;
  readonly onShow: (messageId: string) => void;
}

export const labelOf = (name: ActionName, message: TimelineMessage): string =>
  name === 'more'
    ? t('app.more')
    : t(name === 'pin' && message.pinnedAt !== null ? 'message.unpin' : `message.${name}`);

const textOf = ({ content }: TimelineMessage): string => (content.type === 'text' ? content.text : '');

const copy = (message: TimelineMessage): void => {
  navigator.clipboard.writeText(textOf(message)).then(() => notify(t('message.copied'), 'done'), tellError);
};

export const createMessageActions = (options: ActionsOptions): MessageActions => {
  const { rest, channel, ownNames, hasThreads, isModerator, onReply, onEdit, onShow } = options;

  const allowed = (message: TimelineMessage): readonly ActionName[] => {
    if (message.id === null || message.deletedAt !== null) return [];
    const isText = message.content.type === 'text';
    return [
      'react',
      'reply',
      ...(hasThreads && message.threadRoot === null ? (['thread'] as const) : []),
      ...(message.isOwn && isText ? (['edit'] as const) : []),
      'pin',
      ...(isText ? (['copy'] as const) : []),
      'details',
      ...(message.isOwn || isModerator ? (['delete'] as const) : []),
    ];
  };

  const toggleReaction = (message: TimelineMessage, emoji: string): void => {
    if (message.id === null) return;
    const isMine = message.reactions.some((each) => each.emoji === emoji && each.mine);
    if (!isMine) noteEmoji(emoji);
    (isMine ? channel.unreact(message.id, emoji) : channel.react(message.id, emoji)).catch(tellError);
  };

  const perform = (name: ActionName, message: TimelineMessage, id: string): void => {
    switch (name) {
      case 'react':
        return dialog.set({ name: 'emoji', onPick: (emoji) => toggleReaction(message, emoji) });
      case 'reply':
        return onReply(message);
      case 'thread':
        return openPanel({ name: 'thread', rootId: id });
      case 'edit':
        return onEdit(message);
      case 'pin':
        return void (message.pinnedAt === null ? channel.pin(id) : channel.unpin(id)).catch(tellError);
      case 'copy':
        return copy(message);
      case 'details':
        return dialog.set({ name: 'details', message, channel });
      case 'delete':
        return dialog.set({ name: 'delete', message, onConfirm: () => void channel.delete(id).catch(tellError) });
      case 'more':
        return dialog.set({
          name: 'actions',
          title: t('message.actions', { name: message.sender.name }),
          actions: allowed(message).map((each): Action => ({
            id: each,
            label: labelOf(each, message),
            isDangerous: each === 'delete',
            run: () => perform(each, message, id),
          })),
        });
    }
  };

  const run = (name: ActionName, message: TimelineMessage): boolean => {
    const names = allowed(message);
    if (message.id === null || (name === 'more' ? names.length === 0 : !names.includes(name))) return false;
    perform(name, message, message.id);
    return true;
  };

  const reactedBy = async ({ id }: TimelineMessage, emoji: string): Promise<readonly (string | null)[]> =>
    id === null ? [] : (await rest.reactions(id, { emoji })).reactions.map(({ account }) => account.name);

  const withClientId = (message: TimelineMessage, work: (clientId: string) => void): void => {
    if (message.clientId !== null) work(message.clientId);
  };

  return {
    ...{ ownNames, isModerator, allowed, run, toggleReaction, reactedBy, show: onShow },
    resend: (message) => withClientId(message, channel.retry),
    discard: (message) => withClientId(message, channel.discard),
  };
};
