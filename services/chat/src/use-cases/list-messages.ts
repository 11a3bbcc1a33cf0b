import { notFound, pageBytesMax } from '@parley/contracts';
import { refuseAnonymous } from '../domain/caller.js';
import type { Messages } from '../store/messages.js';
import type { Authorizer } from './authorize.js';
import type { Operation } from './operation.js';

interface Deps {
  readonly authorizer: Pick<Authorizer, 'authorize'>;
  readonly messages: Pick<Messages, 'list'>;
}

export const listMessages =
  ({ authorizer, messages }: Deps): Operation<'message', 'list'> =>
  async ({ channelId, after, before, limit }, { principal }) => {
    refuseAnonymous(principal);
    if (principal.kind === 'account') await authorizer.authorize({ channelId }, 'read', principal);
    const page = await messages.list({
      channelId,
      realm: principal.realm,
      after,
      before,
      limit,
      bytesMax: pageBytesMax,
    });
    if (page === null) throw notFound('channel');
    return page;
  };
