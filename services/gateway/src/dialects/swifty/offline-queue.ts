import type { AccountPrincipal, BusEvent, InboxEntry } from '@parley/contracts';
import type { Core } from '../../core.js';
import { encodeEvent } from './encode.js';
import type { SwiftySettings } from './settings.js';
import { Direct } from './shapes.js';

/**
 * Where inbox delivery continues, and the frames that were written before and never acknowledged, up to the limits of the offline queue.
 */
export const resumeOfflineQueue = async (
  core: Core,
  principal: AccountPrincipal,
  { keptMax, keptBytesMax, keptMs }: SwiftySettings,
): Promise<{ after: number; unacknowledged: string[] }> => {
  const since = new Date(Date.now() - keptMs).toISOString();
  const bounds = { countMax: keptMax, bytesMax: keptBytesMax, since, keptMs };
  const { after, unacknowledged, more } = await core.chat.delivery.resume(bounds, { principal });
  const frames: string[] = [];
  let [count, bytes] = [0, 0];
  for (let page = { entries: unacknowledged, more }; ;) {
    count += page.entries.length;
    for (const frame of framesOf(page.entries, principal)) {
      frames.push(frame);
      bytes += Buffer.byteLength(frame);
    }
    const last = page.entries.at(-1);
    if (!page.more || !last || count >= keptMax || bytes >= keptBytesMax) return { after, unacknowledged: frames };
    page = await core.chat.delivery.unacknowledged({ after: last.sequence, upTo: after, since, keptMs }, { principal });
  }
};

const framesOf = (entries: readonly InboxEntry[], principal: AccountPrincipal): string[] => {
  const { realm, accountId } = principal;
  return entries.flatMap(({ sequence, channel, message }) => {
    const inbox = { accountId, sequence };
    const event: BusEvent = { name: 'message.created', realm, channel, message, inbox, origin: null, thread: null };
    return encodeEvent(event, principal)?.frame ?? [];
  });
};

/** A direct message to this reader with `acknowledge: true`. */
export const wantsAcknowledgement = (event: BusEvent, reader: AccountPrincipal): boolean => {
  if (event.name !== 'message.created' || event.message.raw === null) return false;
  const encoded = encodeEvent(event, reader);
  return encoded !== null && Direct.safeParse(JSON.parse(encoded.frame)).data?.acknowledge === true;
};
