import { Fault, notFound, pageBytesMax } from '@parley/contracts';
import { refuseAnonymous } from '../domain/caller.js';
import type { Messages, PagePosition } from '../store/messages.js';
import type { Authorizer } from './authorize.js';
import type { Operation } from './operation.js';

interface Deps {
  readonly authorizer: Pick<Authorizer, 'authorize'>;
  readonly messages: Pick<Messages, 'list'>;
}

export const listMessages =
  ({ authorizer, messages }: Deps): Operation<'message', 'list'> =>
  async ({ channelId, ...position }, { principal }) => {
    refuseAnonymous(principal);
    refuseSeveralPlaces(position);
    if (principal.kind === 'account') await authorizer.authorize({ channelId }, 'read', principal);
    const page = await messages.list({
      channelId,
      realm: principal.realm,
      reader: principal.kind === 'account' ? principal.accountId : null,
      ...position,
      bytesMax: pageBytesMax,
    });
    if (page === null) throw notFound('channel');
    return page;
  };

/** `invalid` `invalid_input` for a page around a place that is also after or before one. */
export const refuseSeveralPlaces = ({ after, before, around, aroundTime }: PagePosition): void => {
  const places = [after ?? before, around, aroundTime].filter((place) => place !== undefined);
  if (places.length > 1)
    throw new Fault('invalid', 'invalid_input', 'A page is after, before or around one place, or around a time');
};
