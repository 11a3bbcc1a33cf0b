import { Fault, notFound } from '@parley/contracts';
import type { Appended, Refused } from '../store/log.js';
import type { Stored } from './announcements.js';

const faults: Record<Refused['refused'], () => Fault> = {
  not_sender: () => new Fault('forbidden', 'not_sender', 'Only its sender may do this to a message'),
  message_deleted: () => new Fault('conflict', 'message_deleted', 'The message was deleted'),
  edit_window_over: () => new Fault('forbidden', 'edit_window_over', 'The message is too old to be edited'),
  too_many_reactions: () => new Fault('conflict', 'too_many_reactions', 'A message has at most 20 different reactions'),
  too_many_pins: () => new Fault('conflict', 'too_many_pins', 'A channel has at most 100 pinned messages'),
  message_not_found: () => notFound('message'),
};

/** What was stored; a refusal becomes its fault. */
export const storedOf = (appended: Appended): Stored => {
  if ('refused' in appended) throw faults[appended.refused]();
  return appended;
};

export const notModerator = (): Fault =>
  new Fault('forbidden', 'not_moderator', 'Only owners and admins of the channel may do this');

export const clientIdUsed = (): Fault =>
  new Fault('conflict', 'client_id_used', 'The client id was used for something else in this channel');
