import { conversationsUser } from '../clients/conversations.js';
import { fluentUser } from '../clients/fluent.js';
import { meshUser } from '../clients/mesh.js';
import { roomsUser } from '../clients/rooms.js';
import { aDevice } from '../clients/swifty.js';

/** A token of each old dialect, of users that the first call signs up: hashing a password takes a while. */
export const signedUpOnce = (url: string) => {
  const signUp = async () => ({
    swifty: (await aDevice(url)).token,
    rooms: (await roomsUser(url)).token,
    mesh: (await meshUser(url)).token,
    fluent: (await fluentUser(url)).token,
    conversations: (await conversationsUser(url)).token,
  });
  let tokens: ReturnType<typeof signUp> | undefined;
  return () => (tokens ??= signUp());
};
