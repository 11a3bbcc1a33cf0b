import type { AccountPrincipal, Fact } from '@parley/contracts';
import type { Core } from '../../core.js';
import { encodeFact } from './encode.js';
import type { SwiftySettings } from './settings.js';
import { Direct } from './shapes.js';

/** Where the inbox goes on, and the frames of what was written before and never acknowledged. */
export const keptFor = async (
  core: Core,
  principal: AccountPrincipal,
  { keptMax, keptBytesMax, keptMs }: SwiftySettings,
): Promise<{ after: number; again: string[] }> => {
  const since = new Date(Date.now() - keptMs).toISOString();
  const bounds = { countMax: keptMax, bytesMax: keptBytesMax, since };
  const { after, again } = await core.chat.place.resume(bounds, { principal });
  const { realm, accountId } = principal;
  const frames = again.flatMap(({ sequence, channel, message }) => {
    const inbox = { accountId, sequence };
    const fact: Fact = { name: 'message.created', realm, channel, message, inbox, origin: null };
    return encodeFact(fact, principal)?.frame ?? [];
  });
  return { after, again: frames };
};

/** A message that is for its reader, and says `acknowledge: true`. */
export const wantsAcknowledgement = (fact: Fact, reader: AccountPrincipal): boolean => {
  if (fact.name !== 'message.created' || fact.message.raw === null) return false;
  const encoded = encodeFact(fact, reader);
  return encoded !== null && Direct.safeParse(JSON.parse(encoded.frame)).data?.acknowledge === true;
};
