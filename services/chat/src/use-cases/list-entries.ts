import { notFound, pageBytesMax } from '@parley/contracts';
import { refuseAnonymous } from '../domain/caller.js';
import type { EntryLog } from '../store/log.js';
import type { Authorizer } from './authorize.js';
import { refuseForeignInbox } from './list-inbox.js';
import type { Operation } from './operation.js';

interface Deps {
  readonly authorizer: Pick<Authorizer, 'authorize'>;
  readonly entryLog: Pick<EntryLog, 'channelEntries' | 'inboxEntries'>;
}

export const listChannelEntries =
  ({ authorizer, entryLog }: Deps): Operation<'channel', 'entries'> =>
  async ({ channelId, after, limit }, { principal }) => {
    refuseAnonymous(principal);
    if (principal.kind === 'account') await authorizer.authorize({ channelId }, 'read', principal);
    const range = { realm: principal.realm, after, limit, bytesMax: pageBytesMax };
    const page = await entryLog.channelEntries({ channelId, ...range });
    if (page === null) throw notFound('channel');
    return page;
  };

export const listInboxEntries =
  ({ entryLog }: Pick<Deps, 'entryLog'>): Operation<'inbox', 'entries'> =>
  async ({ accountId, after, limit }, { principal }) => {
    refuseForeignInbox(accountId, principal);
    const range = { realm: principal.realm, after, limit, bytesMax: pageBytesMax };
    const page = await entryLog.inboxEntries({ accountId, ...range });
    if (page === null) throw notFound('account');
    return page;
  };
