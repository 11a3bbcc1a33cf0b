import { pageBytesMax, type Channel } from '@parley/contracts';
import { actorOf, viewerOf } from '../caller.js';
import type { ChannelCall, Deps } from '../deps.js';

/** A page ends early when it gets heavy: metadata may be large, and a reply above the bus's limit would fail. */
export const listChannels =
  ({ channels }: Deps): ChannelCall<'list'> =>
  async ({ kinds, joined, before, limit }, { principal }) => {
    const viewer = joined ? actorOf(principal) : viewerOf(principal);
    const found = await channels.list(viewer, { kinds, joined, before, limit: limit + 1 });
    const page = withinBytes(found.slice(0, limit), pageBytesMax);
    const last = page.at(-1);
    return { channels: page, next: page.length < found.length && last !== undefined ? last.number : null };
  };

const withinBytes = (found: readonly Channel[], bytesMax: number): Channel[] => {
  let bytes = 0;
  const end = found.findIndex((channel) => (bytes += Buffer.byteLength(JSON.stringify(channel))) > bytesMax);
  return end === -1 ? [...found] : found.slice(0, Math.max(end, 1));
};
