import type { TestSocket } from '@parley/testing';
import * as conversationsWire from '../clients/conversations.js';
import * as fluentWire from '../clients/fluent.js';
import * as meshWire from '../clients/mesh.js';
import { ask } from '../clients/http.js';
import * as roomsWire from '../clients/rooms.js';
import * as swiftyWire from '../clients/swifty.js';
import { as, v1Socket, v1User } from '../clients/v1.js';

// One realm in which all six wires are spoken: on each wire somebody who speaks (ann) and somebody who listens (bob).

export const wires = ['rooms', 'conversations', 'fluent', 'mesh', 'swifty', 'v1'] as const;
export type WireName = (typeof wires)[number];
const byWire = <T>(make: (wire: WireName) => T) =>
  Object.fromEntries(wires.map((wire) => [wire, make(wire)])) as Record<WireName, T>;

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
  readonly login: string;
  readonly password: string;
  readonly token: string;
}

const signUpAs: Record<Exclude<WireName, 'swifty'>, (url: string, name: string) => Promise<Signed>> = {
  async rooms(url, name) {
    const { username, token } = await roomsWire.roomsUser(url, name);
    return { login: username, password: 'password123', token };
  },
  async conversations(url, name) {
    const { username, password, token } = await conversationsWire.conversationsUser(url, name);
    return { login: username, password, token };
  },
  async fluent(url, name) {
    const { username, password, token } = await fluentWire.fluentUser(url, name);
    return { login: username, password, token };
  },
  async mesh(url) {
    const { email, password, token } = await meshWire.meshUser(url);
    return { login: email, password, token };
  },
  async v1(url, name) {
    const { username, password, token } = await v1User(url, name);
    return { login: username, password, token };
  },
};

/** A new account of a wire, in the realm that all share. */
const somebody = async (url: string, wire: Exclude<WireName, 'swifty'>, word: string): Promise<Person> => {
  const { login, password, token } = await signUpAs[wire](url, `${wire}-${word}`);
  const { body } = await as(url, null)('POST /sessions', { login, password });
  const { account, accessToken } = body as {
    account: { id: string; number: number; handle: string; name: string };
    accessToken: string;
  };
  const { id: accountId, number, handle, name } = account;
  return { wire, label: `${wire}-${word}`, name, accountId, number, handle, token, v1Token: accessToken };
};

/** A device shows the enrolment secret. Its account's own id and number are for others to look up. */
const someDevice = async (url: string, name: string): Promise<swiftyWire.Device> => {
  const headers = { 'x-enrolment-secret': secret };
  const uuid = crypto.randomUUID();
  const { status, body } = await ask('POST', `${url}/register`, { body: { name, uuid }, headers });
  if (status !== 200) throw new Error(`Not enrolled: ${status} ${JSON.stringify(body)}`);
  return { uuid, name, token: (body as { token: string }).token };
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

export type Call = ReturnType<typeof as>;

/** Throws unless it was done. */
const done = async (call: Call, request: string, body?: unknown): Promise<never> => {
  const answer = await call(request, body);
  if (answer.status >= 300) throw new Error(`${request}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
};

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

/** Everybody, and a room, a group and a topic in which they are as far as their wire lets them be. */
export const gather = async (url: string): Promise<Cast> => {
  const people = ['rooms', 'conversations', 'fluent', 'mesh', 'v1'] as const;
  const all = new Map<string, Person>();
  const enrol = async (wire: (typeof people)[number], word: string) =>
    void all.set(`${wire}-${word}`, await somebody(url, wire, word));
  const named = (key: string): Person => {
    const found = all.get(key);
    if (!found) throw new Error(`There is no ${key}`);
    return found;
  };
  for (const wire of people) await Promise.all([enrol(wire, 'ann'), enrol(wire, 'bob')]);
  await Promise.all([enrol('v1', 'mark'), enrol('fluent', 'mark'), enrol('mesh', 'mark')]);
  await Promise.all([enrol('rooms', 'eve'), enrol('conversations', 'eve'), enrol('v1', 'eve')]);
  const mark = named('v1-mark');
  const calls = as(url, { token: mark.v1Token ?? '' });

  const room = await roomsWire.newRoom(url, { token: named('rooms-ann').token }, 'Lobby');
  const channels = (await done(calls, 'GET /channels')) as { channels: (Channel & { slug: string | null })[] };
  const lobby = channels.channels.find(({ number }) => number === room.id) as Channel;
  const members = [...all.values()].filter(({ label }) => !/-eve$|^(fluent|mesh)-mark$/.test(label));
  for (const { v1Token } of members)
    await done(as(url, { token: v1Token ?? '' }), `PUT /channels/${lobby.id}/members/me`);
  const devices = await Promise.all(['ann', 'bob', 'eve'].map((word) => someDevice(url, `swifty-${word}`)));
  const [ann, bob, eve] = devices as [swiftyWire.Device, swiftyWire.Device, swiftyWire.Device];
  for (const device of [ann, bob]) await swiftyWire.topicCall(url, 'subscribe', device, 'Lobby');
  const inLobby = (await done(calls, `GET /channels/${lobby.id}/members?limit=100`)) as {
    members: { accountId: string; handle: string }[];
  };
  const shown = await ask('GET', `${url}/conversations/${lobby.number}/participants`, {
    token: named('conversations-ann').token,
  });
  const participants = shown.body as { id: number; username: string }[];
  const device = ({ uuid, name, token }: swiftyWire.Device): Person => {
    const { accountId = uuid } = inLobby.members.find(({ handle }) => handle === uuid) ?? {};
    const { id: number = 0 } = participants.find(({ username }) => username === name) ?? {};
    return { wire: 'swifty', label: name, name, accountId, number, handle: uuid, token, v1Token: null };
  };
  const anns = byWire((wire) => (wire === 'swifty' ? device(ann) : named(`${wire}-ann`)));
  const bobs = byWire((wire) => (wire === 'swifty' ? device(bob) : named(`${wire}-bob`)));

  const memberIds = wires.flatMap((wire) => [anns[wire].accountId, bobs[wire].accountId]);
  const group = (await done(calls, 'POST /channels', { kind: 'group', title: 'Study Group', memberIds })) as Channel;
  await swiftyWire.topicCall(url, 'create', ann, 'telemetry');
  for (const one of [ann, bob]) await swiftyWire.topicCall(url, 'subscribe', one, 'telemetry');
  const later = (await done(calls, 'GET /channels')) as { channels: (Channel & { slug: string | null })[] };
  const topic = later.channels.find(({ slug }) => slug === 'telemetry') as Channel;
  for (const { v1Token } of [anns.v1, bobs.v1])
    await done(as(url, { token: v1Token ?? '' }), `PUT /channels/${topic.id}/members/me`);

  // Direct channels are there already: v1 is notified when one is made, by somebody else than of the first message in it.
  for (const wire of wires) {
    for (const one of [anns.fluent, anns.swifty, anns.v1]) {
      const [opener, other] = one.v1Token === null ? [bobs[wire], one] : [one, bobs[wire]];
      if (opener.v1Token !== null)
        await done(as(url, { token: opener.v1Token }), 'POST /directs', { accountId: other.accountId });
    }
  }

  await meshWire.organizationOf(url, [anns.mesh, bobs.mesh, named('mesh-mark')]);
  return {
    anns,
    bobs,
    mark,
    fluentMark: named('fluent-mark'),
    meshMark: named('mesh-mark'),
    eves: {
      rooms: named('rooms-eve'),
      conversations: named('conversations-eve'),
      swifty: device(eve),
      v1: named('v1-eve'),
    },
    lobby,
    group,
    topic,
  };
};
