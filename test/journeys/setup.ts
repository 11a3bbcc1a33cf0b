import type { Frame } from '@parley/testing';
import {
  type Cast,
  type Listener,
  inConversation,
  inRoom,
  ofAgent,
  ofDevice,
  ofFluent,
  type Person,
  v1Listener,
  type WireName,
} from './shared-realm.js';

/** Who receives: by wire, and for conversations also in which, since a socket of it is in one. */
export type ReceivedFrames = Record<string, Frame[]>;

/** Something that is said, and how to see that it has arrived at the gateway of those who listen. */
export interface Line {
  /** Resolves when it was answered, on wires that answer, with what was said. */
  say(world: World): unknown;
  /** The sender's socket, where its frames are part of the test as well. */
  readonly own?: (world: World) => Listener;
  /** Frames that cannot come later than what others might receive of it. */
  arrives(world: World): Promise<unknown>;
}

export interface World {
  readonly url: string;
  readonly otherUrl: string;
  readonly cast: Cast;
  /** Sockets of those who speak. */
  readonly speakers: Record<'rooms' | 'conversations' | 'inGroup' | 'fluent' | 'swifty' | 'v1', Listener>;
  readonly listeners: Record<Exclude<WireName, 'conversations'> | 'inLobby' | 'inGroup', Listener>;
  /** The same account on the same gateway over v1, which receives everything of its inbox. */
  readonly witnesses: Readonly<Record<WireName, Listener>>;
  play(line: Line): Promise<{ readonly said: unknown; readonly received: ReceivedFrames }>;
  /** Sockets that a scene opened. */
  readonly passing: Map<string, Listener>;
  leave(): void;
}

const nameOf = ({ person, where }: Listener): string =>
  person.wire === 'conversations' ? `conversations in ${where}` : person.wire;

export const including = (text: string) => (frame: Frame) => JSON.stringify(frame).includes(text);

const isMarker = including('marker-');

/** The answer to a request and the news of what it did come in either order. */
const answersFirst = (frames: readonly Frame[]): Frame[] =>
  frames.toSorted((one, other) => Number('result' in other) - Number('result' in one));

const taken = (one: Listener): Frame[] => {
  const frames = one.socket.received.slice(one.seen).filter((frame) => !isMarker(frame));
  one.seen = one.socket.received.length;
  return frames;
};

/** Speakers on the first gateway, listeners on the other where there is one. */
export const setup = async (url: string, otherUrl: string, cast: Cast): Promise<World> => {
  const { anns, bobs, mark, fluentMark, meshMark, lobby, group, topic } = cast;
  const everywhere = [lobby.id, group.id, topic.id];
  const speakers = {
    rooms: await inRoom(url, anns.rooms, lobby),
    conversations: await inConversation(url, anns.conversations, lobby),
    inGroup: await inConversation(url, anns.conversations, group),
    fluent: await ofFluent(url, anns.fluent),
    swifty: await ofDevice(url, anns.swifty),
    v1: await v1Listener(url, anns.v1, 'everywhere', everywhere),
  };
  const listeners = {
    rooms: await inRoom(otherUrl, bobs.rooms, lobby),
    inLobby: await inConversation(otherUrl, bobs.conversations, lobby),
    inGroup: await inConversation(otherUrl, bobs.conversations, group),
    fluent: await ofFluent(otherUrl, bobs.fluent),
    mesh: (await ofAgent(otherUrl, bobs.mesh, 'mesh-bob')).agent,
    swifty: await ofDevice(otherUrl, bobs.swifty),
    v1: await v1Listener(otherUrl, bobs.v1, 'everywhere', everywhere),
  };
  const overV1 = (person: Person) => v1Listener(otherUrl, person, 'witness', []);
  const witnesses = {
    rooms: await overV1(bobs.rooms),
    conversations: await overV1(bobs.conversations),
    fluent: await overV1(bobs.fluent),
    mesh: await overV1(bobs.mesh),
    swifty: listeners.swifty,
    v1: listeners.v1,
  };
  const marking = await v1Listener(url, mark, 'marking', []);
  const marksChats = await ofFluent(url, fluentMark);
  const passing = new Map<string, Listener>();
  let markers = 0;

  const v1Say = (target: object, text: string) => {
    const params = {
      ...target,
      clientId: `${text} ${JSON.stringify(target)}`.slice(0, 120),
      content: { type: 'text', text },
    };
    marking.socket.send({ jsonrpc: '2.0', id: text, method: 'message.send', params });
  };
  const receivers = [...Object.values(speakers), ...Object.values(listeners)];

  /**
   * Something that each socket does receive, on each stream on which it might receive something else, said when the line has arrived:
   * what was not received before it is not received at all.
   */
  const settle = async (): Promise<void> => {
    const text = `marker-${(markers += 1)}.`;
    for (const channelId of [lobby.id, group.id]) v1Say({ channelId }, text);
    for (const { accountId } of [anns.swifty, bobs.swifty]) v1Say({ directWith: accountId }, text);
    for (const { number: receiverID } of [anns.fluent, bobs.fluent])
      marksChats.socket.send({ receiverID, receiver_encrypted: text, sender_encrypted: text, messageType: 'text' });
    const { agent } = await ofAgent(url, meshMark, text);
    agent.socket.close();
    const receives = ({ person, socket }: Listener) => socket.waitFor(including(text)).then(() => person);
    await Promise.all([...receivers, ...passing.values()].map(receives));
    // The first was that it came. When it is gone too, the next who come find nobody of before.
    await Promise.all([...receivers, ...passing.values()].filter(isMesh).map(receives));
    const inTurn = [listeners.swifty, speakers.swifty];
    await Promise.all(inTurn.map(({ socket }) => socket.waitFor(including(text))));
  };
  const isMesh = ({ person }: Listener): boolean => person.wire === 'mesh';

  const world: World = {
    url,
    otherUrl,
    cast,
    speakers,
    listeners,
    witnesses,
    passing,
    async play({ say, own, arrives }) {
      const said = await say(world);
      await arrives(world);
      await settle();
      const speaker = own?.(world);
      const received: ReceivedFrames = {};
      for (const each of [...Object.values(listeners), ...(speaker ? [speaker] : [])]) {
        const frames = taken(each);
        if (frames.length > 0) received[each === speaker ? 'itself' : nameOf(each)] = answersFirst(frames);
      }
      for (const each of receivers) taken(each);
      return { said, received };
    },
    leave() {
      const all = [...receivers, ...Object.values(witnesses), ...passing.values(), marking, marksChats];
      for (const { socket } of all) socket.socket.terminate();
    },
  };
  await settle();
  for (const each of receivers) taken(each);
  return world;
};
