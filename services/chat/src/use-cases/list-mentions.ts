import { accountOf } from '../domain/caller.js';
import type { Messages } from '../store/messages.js';
import type { Authorizer } from './authorize.js';
import type { Operation } from './operation.js';
import { readableChannels } from './readable-channels.js';

interface Deps {
  readonly authorizer: Pick<Authorizer, 'authorize'>;
  readonly messages: Pick<Messages, 'mentions'>;
}

/** Messages in channels that the caller may no longer read are left out: a page may be shorter than `limit`, and another follow it. */
export const listMentions =
  ({ authorizer, messages }: Deps): Operation<'message', 'mentions'> =>
  async ({ channelId, before, limit }, { principal }) => {
    const account = accountOf(principal);
    if (channelId !== undefined) await authorizer.authorize({ channelId }, 'read', account);
    const { realm, accountId } = account;
    const found = await messages.mentions({ realm, accountId, channelId, before, limit });
    const channelIds = found.map((message) => message.channelId);
    const readable = new Set(await readableChannels(authorizer, channelIds, account));
    return {
      messages: found.filter((message) => readable.has(message.channelId)),
      next: found.length < limit ? null : (found.at(-1)?.number ?? null),
    };
  };
