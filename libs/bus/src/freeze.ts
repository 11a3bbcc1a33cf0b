import type { Packet } from './packet.js';

/** Freezes plain objects and arrays, and what they hold. What is frozen already is taken to be so throughout. */
const freezeDeep = (value: unknown): void => {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const each of Object.values(value)) freezeDeep(each);
};

/** Freezes the value that a packet hands over: code that changes it throws at that place. */
export const freezeValue = (packet: Packet): Packet => {
  freezeDeep(packet.value);
  return packet;
};
