import { eventually } from '@parley/testing';
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

/** The listener on v1 receives everything that can be said to it, at the gateway where all listen: a frame of this scene with these words. */
export const v1Receives =
  (...words: string[]) =>
  ({ listeners: { v1 } }: World) =>
    eventually(() => v1.socket.received.slice(v1.seen).some((frame) => words.every((word) => including(word)(frame))));
/** Each account that was written to, over v1 where its own wire has no word for it. */
export const allReceive =
  (...words: string[]) =>
  ({ witnesses }: World) =>
    Promise.all(
      Object.values(witnesses)
        .filter(({ person, where }) => where === 'witness' || person.wire === 'v1')
        .map(({ socket }) => socket.waitFor((frame) => words.every((word) => including(word)(frame)))),
    );

/** Calls a method over v1, and gives the frame back. */
export const v1Asks = async (
  { speakers: { v1 } }: World,
  method: string,
  params: object,
  id = method,
): Promise<object> => {
  const asked = v1.say({ jsonrpc: '2.0', id, method, params });
  await v1.socket.waitFor((frame) => frame['id'] === id);
  return asked;
};

export const v1Says = (world: World, params: object): Promise<object> =>
  v1Asks(world, 'message.send', { clientId: crypto.randomUUID(), ...params }, 'say');

/** A message in a channel that its speaker's own socket may receive too. */
export const messageOf = (
  kind: Kind,
  speaker: Exclude<WireName, 'mesh'>,
  scene: Pick<Scene, 'say' | 'expected'> & Partial<Pick<Scene, 'own'>>,
): Scene => ({
  kind,
  speaker,
  own: ({ speakers }) => speakers[speaker],
  arrives: v1Receives(hello(kind, speaker)),
  ...scene,
});

/** Closes the socket that a scene before opened. */
export const closesSocket =
  (wire: WireName, said = 'that socket closes') =>
  ({ passing }: World): string => {
    passing.get(wire)?.socket.close();
    passing.delete(wire);
    return said;
  };

export const device = ({ handle, name, token }: Person) => ({ uuid: handle, name, token });

export const deviceSays = async ({ speakers }: World, frame: object, answer: string): Promise<object> => {
  const said = speakers.swifty.say(frame);
  await speakers.swifty.socket.waitFor(answer);
  return said;
};

export const toTopicOf = (world: World, topic: string, kind: Kind): Promise<object> =>
  deviceSays(world, toTopic(device(world.cast.anns.swifty), topic, { content: hello(kind, 'swifty') }), 'topic_sent');

/** As the device that speaks here writes its frames. */
export const verbatimInTopic = (kind: Kind, topic: string) => ({
  ...received.inTopics({ by: 'swifty-ann', text: hello(kind, 'swifty'), in: topic }),
  subject: 'Topic message',
});
