import type { TestSocket } from '@parley/testing';
import * as conversationsWire from '../clients/conversations.js';
import * as fluentWire from '../clients/fluent.js';
import * as meshWire from '../clients/mesh.js';
import { done } from '../clients/http.js';
import * as roomsWire from '../clients/rooms.js';
import * as swiftyWire from '../clients/swifty.js';
import { v1Socket, v1User } from '../clients/v1.js';

// One realm in which all six wires are spoken: on each wire somebody who speaks (ann) and somebody who listens (bob).

export const wires = ['rooms', 'conversations', 'fluent', 'mesh', 'swifty', 'v1'] as const;
export type WireName = (typeof wires)[number];

const secret = 'an enrolment secret';
export const sharedRealm = {
  PARLEY_DIALECT_REALMS: 'rooms:main,conversations:main,fluent:main,mesh:main,swifty:main',
  PARLEY_SWIFTY_ENROLMENT_SECRET: secret,
  PARLEY_SAMPLE_DATA: 'false',
} as const;

/** Somebody with an account of one wire. Whoever has a password also signs in over v1: it is one account. */
export interface Person {
  readonly wire: WireName;
  /** `rooms-ann`, the same in each run. */
  readonly label: string;
  readonly name: string;
  readonly accountId: string;
  readonly number: number;
  readonly handle: string;
  /** Of their own wire. */
  readonly token: string;
  readonly v1Token: string | null;
}

/** A socket of somebody, and where the frames begin that were not looked at yet. */
export interface Listener {
  readonly person: Person;
  readonly where: string;
  readonly socket: TestSocket;
  seen: number;
  /** Sends a frame and gives it back. */
  say(frame: object): object;
}

const listener = (person: Person, where: string, socket: TestSocket): Listener => ({
  person,
  where,
  socket,
  seen: 0,
  say(frame) {
    socket.send(frame);
    return frame;
  },
});

interface Signed {
  readonly username: string;
  readonly password: string;
  readonly token: string;
}
type SignedIn = Exclude<WireName, 'swifty'>;

const signUpAs: Readonly<Record<SignedIn, (url: string, name: string) => Promise<Signed>>> = {
  rooms: async (url, name) => ({ ...(await roomsWire.roomsUser(url, name)), password: 'password123' }),
  conversations: conversationsWire.conversationsUser,
  fluent: fluentWire.fluentUser,
  mesh: async (url) => {
    const { email: username, ...user } = await meshWire.meshUser(url);
    return { ...user, username };
  },
  v1: v1User,
};

/** A new account of a wire, in the realm that all share. */
const somebody = async (url: string, wire: SignedIn, word: string): Promise<Person> => {
  const { username: login, password, token } = await signUpAs[wire](url, `${wire}-${word}`);
  const grant: { account: { id: string; number: number; handle: string; name: string }; accessToken: string } =
    await done('POST', `${url}/v1/sessions`, { body: { login, password } });
  const { id: accountId, ...account } = grant.account;
  return { ...account, wire, label: `${wire}-${word}`, accountId, token, v1Token: grant.accessToken };
};

/** A device shows the enrolment secret. Its account's own id and number are for others to look up. */
const someDevice = async (url: string, name: string): Promise<swiftyWire.Device> => {
  const uuid = crypto.randomUUID();
  const request = { body: { name, uuid }, headers: { 'x-enrolment-secret': secret } };
  return { uuid, name, ...(await done<{ token: string }>('POST', `${url}/register`, request)) };
};

/** A v1 socket that is attached to these channels; for its own inbox it needs none. */
export const v1Listener = async (url: string, person: Person, where: string, channelIds: readonly string[]) => {
  const socket = await v1Socket(url, person.v1Token ?? '');
  for (const [index, channelId] of channelIds.entries()) {
    const id = `attach-${index}`;
    socket.send({ jsonrpc: '2.0', id, method: 'channel.attach', params: { channelId } });
    await socket.waitFor((frame) => frame['id'] === id && 'result' in frame);
  }
  // The inbox is received from the first frame on.
  socket.send({ jsonrpc: '2.0', id: 'ping', method: 'session.resume', params: { inbox: 0 } });
  await socket.waitFor((frame) => frame['id'] === 'ping');
  return listener(person, where, socket);
};

export const inRoom = async (url: string, person: Person, { number, title }: Channel) =>
  listener(person, title, await roomsWire.enter(url, person, { id: number }));

export const inConversation = async (url: string, person: Person, { number, title }: Channel) =>
  listener(person, title, await conversationsWire.join(url, person, { id: number }));

export const ofDevice = async (url: string, person: Person) =>
  listener(person, 'topics', await swiftyWire.connect(url, person));

export const ofFluent = async (url: string, person: Person) =>
  listener(person, 'chats', await fluentWire.openChat(url, person));

/** An agent that registers at once, and what it sent. */
export const ofAgent = async (url: string, person: Person, agentId: string) => {
  const said = meshWire.registerFrame(agentId);
  const { socket } = await meshWire.agent(url, person, agentId);
  return { agent: listener(person, 'network', socket), said };
};

export interface Channel {
  readonly id: string;
  readonly number: number;
  readonly title: string;
}

export interface Cast {
  readonly anns: Record<WireName, Person>;
  readonly bobs: Record<WireName, Person>;
  /** Those who say the markers after which nothing of before can come. */
  readonly mark: Person;
  readonly fluentMark: Person;
  readonly meshMark: Person;
  /** A stranger on each wire that has channels. */
  readonly eves: Record<'rooms' | 'conversations' | 'swifty' | 'v1', Person>;
  readonly lobby: Channel;
  readonly group: Channel;
  readonly topic: Channel;
}

/** An account of this word on each of these wires. */
const people = async <W extends SignedIn>(url: string, word: string, ...some: readonly W[]) => {
  const made = await Promise.all(some.map(async (wire) => [wire, await somebody(url, wire, word)] as const));
  return Object.fromEntries(made) as Record<W, Person>;
};

type Listed = { readonly channels: readonly (Channel & { readonly slug: string | null })[] };

/** Everybody, and a room, a group and a topic in which they are as far as their wire lets them be. */
export const gather = async (url: string): Promise<Cast> => {
  const ann = await people(url, 'ann', 'rooms', 'conversations', 'fluent', 'mesh', 'v1');
  const bob = await people(url, 'bob', 'rooms', 'conversations', 'fluent', 'mesh', 'v1');
  const mark = await people(url, 'mark', 'v1', 'fluent', 'mesh');
  const eve = await people(url, 'eve', 'rooms', 'conversations', 'v1');
  const over = <T = unknown>({ v1Token }: Person, method: string, path: string, body?: object): Promise<T> =>
    done(method, `${url}/v1${path}`, { token: v1Token ?? '', body });
  const joins = (person: Person, { id }: Channel) => over(person, 'PUT', `/channels/${id}/members/me`);
  const channelsOf = async () => (await over<Listed>(mark.v1, 'GET', '/channels')).channels;

  const room = await roomsWire.newRoom(url, ann.rooms, 'Lobby');
  const lobby = (await channelsOf()).find(({ number }) => number === room.id) as Channel;
  for (const person of [...Object.values(ann), ...Object.values(bob), mark.v1]) await joins(person, lobby);
  const enrolled = [await someDevice(url, 'swifty-ann'), await someDevice(url, 'swifty-bob')] as const;
  const stranger = await someDevice(url, 'swifty-eve');
  for (const device of enrolled) await swiftyWire.topicCall(url, 'subscribe', device, 'Lobby');
  const inLobby: { members: { accountId: string; handle: string }[] } = await over(
    mark.v1,
    'GET',
    `/channels/${lobby.id}/members?limit=100`,
  );
  const { token } = ann.conversations;
  const path = `${url}/conversations/${lobby.number}/participants`;
  const participants: { id: number; username: string }[] = await done('GET', path, { token });
  const device = ({ uuid, name, token }: swiftyWire.Device): Person => {
    const { accountId = uuid } = inLobby.members.find(({ handle }) => handle === uuid) ?? {};
    const { id: number = 0 } = participants.find(({ username }) => username === name) ?? {};
    return { wire: 'swifty', label: name, name, accountId, number, handle: uuid, token, v1Token: null };
  };
  const anns = { ...ann, swifty: device(enrolled[0]) };
  const bobs = { ...bob, swifty: device(enrolled[1]) };

  const memberIds = wires.flatMap((wire) => [anns[wire].accountId, bobs[wire].accountId]);
  const group: Channel = await over(mark.v1, 'POST', '/channels', { kind: 'group', title: 'Study Group', memberIds });
  await swiftyWire.topicCall(url, 'create', enrolled[0], 'telemetry');
  for (const one of enrolled) await swiftyWire.topicCall(url, 'subscribe', one, 'telemetry');
  const topic = (await channelsOf()).find(({ slug }) => slug === 'telemetry') as Channel;
  for (const person of [anns.v1, bobs.v1]) await joins(person, topic);

  // Direct channels are there already: v1 is notified when one is made, by somebody else than of the first message in it.
  for (const wire of wires) {
    for (const one of [anns.fluent, anns.swifty, anns.v1]) {
      const [opener, other] = one.v1Token === null ? [bobs[wire], one] : [one, bobs[wire]];
      if (opener.v1Token !== null) await over(opener, 'POST', '/directs', { accountId: other.accountId });
    }
  }

  await meshWire.organizationOf(url, [anns.mesh, bobs.mesh, mark.mesh]);
  const eves = { ...eve, swifty: device(stranger) };
  return { anns, bobs, mark: mark.v1, fluentMark: mark.fluent, meshMark: mark.mesh, eves, lobby, group, topic };
};
