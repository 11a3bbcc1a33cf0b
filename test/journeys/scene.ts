import * as received from './received.js';
import type { Person, WireName } from './shared-realm.js';
import { including, type Line, type World } from './setup.js';
import { toTopic } from '../clients/swifty.js';

// What is sent in the shared realm, dialect by dialect, and all that is received of it: listeners that are not named receive nothing.

export const kinds = [
  'room',
  'message’s life in a room',
  'typing in a room',
  'coming and going in a room',
  'group',
  'topic',
  'direct',
  'encrypted direct',
  'receipts',
  'presence',
  'peers',
] as const;
export type Kind = (typeof kinds)[number];

export interface Scene extends Line {
  readonly kind: Kind;
  readonly speaker: WireName;
  /** By listener; `itself` is the socket of who speaks. */
  readonly expected: Readonly<Record<string, readonly unknown[]>>;
}

export const hello = (kind: Kind, speaker: WireName): string => `hello ${kind}, this is ${speaker}`;
export const text = (kind: Kind, speaker: WireName) => ({ type: 'text', text: hello(kind, speaker) });

/** They receive everything that can be said to them, at the gateway where all listen. */
export const v1Receives =
  (...words: string[]) =>
  ({ listeners }: World) =>
    listeners.v1.socket.waitFor((frame) => words.every((word) => including(word)(frame)));
/** Each account that was written to, over v1 where its own wire has no word for it. */
export const allReceive =
  (...words: string[]) =>
  ({ witnesses }: World) =>
    Promise.all(
      Object.values(witnesses)
        .filter(({ person, where }) => where === 'witness' || person.wire === 'v1')
        .map(({ socket }) => socket.waitFor((frame) => words.every((word) => including(word)(frame)))),
    );

export const v1Says = async ({ speakers }: World, params: object): Promise<object> => {
  const { socket } = speakers.v1;
  const asked = {
    jsonrpc: '2.0',
    id: 'say',
    method: 'message.send',
    params: { clientId: crypto.randomUUID(), ...params },
  };
  socket.send(asked);
  await socket.waitFor((frame) => frame['id'] === 'say');
  return asked;
};

export const device = ({ handle, name, token }: Person) => ({ uuid: handle, name, token });

export const deviceSays = async ({ speakers }: World, frame: object, answer: string): Promise<object> => {
  speakers.swifty.socket.send(frame);
  await speakers.swifty.socket.waitFor(answer);
  return frame;
};

export const toTopicOf = (world: World, topic: string, kind: Kind): Promise<object> =>
  deviceSays(world, toTopic(device(world.cast.anns.swifty), topic, { content: hello(kind, 'swifty') }), 'topic_sent');

/** As the device that speaks here writes its frames. */
export const verbatimInTopic = (kind: Kind, topic: string) => ({
  ...received.inTopics({ by: 'swifty-ann', text: hello(kind, 'swifty'), in: topic }),
  subject: 'Topic message',
});
