import { type AccountPrincipal, type Authorization, isFault, notFound } from '@parley/contracts';
import type { Located, MessageReference, Messages } from '../store/messages.js';
import type { Authorizer } from './authorize.js';

export interface FindDeps {
  readonly authorizer: Pick<Authorizer, 'authorize'>;
  readonly messages: Pick<Messages, 'locate'>;
}

/**
 * A message in a channel in which the account has the permission. `not_found` `message_not_found` also when it may not know of the channel:
 * an id must not reveal that its message exists.
 */
export const findMessage = async (
  { authorizer, messages }: FindDeps,
  reference: MessageReference,
  to: 'read' | 'write',
  account: AccountPrincipal,
): Promise<{ readonly message: Located; readonly authorization: Authorization }> => {
  const message = await messages.locate(account.realm, reference);
  if (message === null) throw notFound('message');
  try {
    return { message, authorization: await authorizer.authorize({ channelId: message.channelId }, to, account) };
  } catch (error) {
    throw isFault(error) && error.code === 'not_found' ? notFound('message') : error;
  }
};
