import type { AccountPrincipal, Channel } from '@parley/contracts';
import type { Core } from '../../core.js';

const kinds = ['topic' as const, 'room' as const];

/** Every topic that a device is subscribed to; in a shared realm also rooms, by their slug. */
export const subscriptionsOf = async (core: Core, principal: AccountPrincipal): Promise<Channel[]> => {
  const found: Channel[] = [];
  for (let before: number | null | undefined; before !== null;) {
    const input = { kinds, joined: true, limit: 200, ...(before !== undefined && { before }) };
    const page: Awaited<ReturnType<Core['topics']['channel']['list']>> = await core.topics.channel.list(input, {
      principal,
    });
    found.push(...page.channels);
    before = page.next;
  }
  return found;
};
