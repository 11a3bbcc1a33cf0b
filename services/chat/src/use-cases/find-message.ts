import { type AccountPrincipal, type Authorization, isFault, notFound } from '@parley/contracts';
import type { Located, MessageReference, Messages } from '../store/messages.js';
import type { Authorizer } from './authorize.js';

export interface FindDeps {
  readonly authorizer: Pick<Authorizer, 'authorize'>;
  readonly messages: Pick<Messages, 'locate'>;
}

/**
 * A message in a channel in which the account has the permission. `not_found` `message_not_found` also when it may not read the channel: an id
 * must not reveal that its message exists. An account that may read it and not write gets the reason.
 */
export const findMessage = async (
  { authorizer, messages }: FindDeps,
  reference: MessageReference,
  to: 'read' | 'write',
  account: AccountPrincipal,
): Promise<{ readonly message: Located; readonly authorization: Authorization }> => {
  const message = await messages.locate(account.realm, reference);
  if (message === null) throw notFound('message');
  const authorize = (permission: 'read' | 'write'): Promise<Authorization> =>
    authorizer.authorize({ channelId: message.channelId }, permission, account);
  try {
    return { message, authorization: await authorize(to) };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const isReader = to === 'write' && (await authorize('read').then(() => true, ifRefused(false)));
    throw isReader ? error : notFound('message');
  }
};

const isRefusal = (error: unknown): boolean =>
  isFault(error) && (error.code === 'not_found' || error.code === 'forbidden');

const ifRefused =
  <T>(value: T) =>
  (error: unknown): T => {
    if (!isRefusal(error)) throw error;
    return value;
  };
