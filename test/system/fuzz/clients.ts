// Well-behaved clients of each wire: whose tokens and ids malformed input is made from, and which must be served after it.
import { randomUUID } from 'node:crypto';
import { openSocket, type TestSocket } from '@parley/testing';
import { conversationPath, conversationsUser, newConversation } from '../../clients/conversations.js';
import { chatPath, fluentUser, sealed } from '../../clients/fluent.js';
import { done, unique } from '../../clients/http.js';
import { meshUser, organizationOf, registerFrame } from '../../clients/mesh.js';
import { newRoom, roomPath, roomsUser } from '../../clients/rooms.js';
import { aDevice, direct, topicCall } from '../../clients/swifty.js';
import { textContent, v1User } from '../../clients/v1.js';

/** Ids and other values by the name of the field that takes them; a field that is undefined is left out of samples. */
export type Known = Readonly<Record<string, unknown>>;

export interface FuzzUser {
  readonly token: string;
  readonly known: Known;
  /** Where its socket is opened. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Makes sure that a socket of it receives. */
  greet(socket: TestSocket): Promise<unknown>;
  /** A frame that says this text. */
  frame(text: string): object;
}

export interface FuzzClient<User extends FuzzUser = FuzzUser> {
  user(url: string): Promise<User>;
  /** Two new users: what the first sends the second receives. */
  pair(url: string): Promise<readonly [User, User]>;
}

export interface V1FuzzUser extends FuzzUser {
  readonly id: string;
  readonly channelId: string;
}

const v1InRoom = async (url: string, room?: string): Promise<V1FuzzUser> => {
  const { token, id } = await v1User(url, 'fuzz');
  const made: { id: string } =
    room === undefined
      ? await done('POST', `${url}/v1/channels`, { token, body: { kind: 'room', title: 'Fuzz' } })
      : { id: room };
  if (room !== undefined) await done('PUT', `${url}/v1/channels/${room}/members/me`, { token });
  const channelId = made.id;
  const known = { id: channelId, channelId, accountId: id, accessToken: token, sequence: 1, after: 0 };
  return {
    ...{ id, token, channelId, path: '/v1/socket', headers: { authorization: `Bearer ${token}` } },
    known: { ...known, directWith: undefined, realm: undefined },
    async greet(socket) {
      socket.send({ jsonrpc: '2.0', id: 1, method: 'channel.attach', params: { channelId } });
      await socket.waitFor((frame) => frame.id === 1 && frame.result !== undefined);
    },
    frame: (text) => {
      const params = { channelId, clientId: text, content: textContent(text) };
      return { jsonrpc: '2.0', id: 2, method: 'message.send', params };
    },
  };
};

const v1: FuzzClient<V1FuzzUser> = {
  user: (url) => v1InRoom(url),
  async pair(url) {
    const from = await v1InRoom(url);
    return [from, await v1InRoom(url, from.channelId)];
  },
};

const roomsIn = async (url: string, room?: number): Promise<FuzzUser & { readonly room: number }> => {
  const user = await roomsUser(url, 'fuzz');
  const id = room ?? (await newRoom(url, user)).id;
  return {
    ...{ room: id, token: user.token, path: roomPath(user, { id }) },
    known: { room_id: id, type: 'message' },
    greet: (socket) => socket.waitFor('connected'),
    frame: (content) => ({ type: 'message', content }),
  };
};

const rooms: FuzzClient = {
  user: (url) => roomsIn(url),
  async pair(url) {
    const from = await roomsIn(url);
    return [from, await roomsIn(url, from.room)];
  },
};

const inConversation = ({ id, token }: { id: number; token: string }, conversation: number): FuzzUser => ({
  ...{ token, path: conversationPath({ token }, { id: conversation }) },
  known: { conversation_id: conversation, participant_ids: [id] },
  greet: (socket) => socket.waitFor('connection'),
  frame: (content) => ({ content }),
});

const conversations: FuzzClient = {
  async user(url) {
    const user = await conversationsUser(url, 'fuzz');
    return inConversation(user, (await newConversation(url, user, [user], 'Fuzz')).id);
  },
  async pair(url) {
    const [from, to] = [await conversationsUser(url, 'fuzz'), await conversationsUser(url, 'fuzz')];
    const { id } = await newConversation(url, from, [to], 'Both');
    return [inConversation(from, id), inConversation(to, id)];
  },
};

const writesTo = ({ token }: { token: string }, { id }: { id: number }): FuzzUser => ({
  ...{ token, path: chatPath({ token }) },
  known: { receiverID: id, partnerID: id },
  greet: async () => undefined,
  frame: (text) => ({ ...sealed({ id }, text), receiver_encrypted: text, sender_encrypted: 'x' }),
});

const fluent: FuzzClient = {
  async user(url) {
    const user = await fluentUser(url, 'fuzz');
    return writesTo(user, user);
  },
  async pair(url) {
    const [from, to] = [await fluentUser(url, 'fuzz'), await fluentUser(url, 'fuzz')];
    return [writesTo(from, to), writesTo(to, to)];
  },
};

const agentOf = ({ token }: { token: string }, organization: number): FuzzUser => ({
  ...{ token, path: `/ws?token=${token}` },
  known: { org_id: organization, public_ip: '203.0.113.1', public_port: 50_000, user_id: undefined },
  async greet(socket) {
    socket.send(registerFrame('listener'));
    await socket.waitFor('register_agent_response');
  },
  frame: (agentId) => registerFrame(agentId),
});

const mesh: FuzzClient = {
  async user(url) {
    const user = await meshUser(url);
    return agentOf(user, await organizationOf(url, [user]));
  },
  async pair(url) {
    const [from, to] = [await meshUser(url), await meshUser(url)];
    const id = await organizationOf(url, [from, to]);
    return [agentOf(from, id), agentOf(to, id)];
  },
};

const deviceTo = async (url: string, receiver?: string): Promise<FuzzUser & { readonly uuid: string }> => {
  const device = await aDevice(url, 'Fuzz');
  const { uuid, token } = device;
  const to = receiver ?? uuid;
  const topic_id = unique('topic');
  for (const verb of ['create', 'subscribe']) await topicCall(url, verb, device, topic_id);
  return {
    ...{ uuid, token, path: `/ws?token=${token}` },
    known: { uuid, from: uuid, to, topic_id, msgid: randomUUID(), timestamp: 1.5, token },
    greet: (socket) => socket.waitFor('connection'),
    frame: (content) => direct(device, { uuid: to }, { content, acknowledge: false }),
  };
};

const swifty: FuzzClient = {
  user: (url) => deviceTo(url),
  async pair(url) {
    const to = await deviceTo(url);
    return [await deviceTo(url, to.uuid), to];
  },
};

export const clients = { v1, rooms, conversations, fluent, mesh, swifty };
export const isWireName = (name: string): name is keyof typeof clients => Object.hasOwn(clients, name);

/** Two new clients of a wire: what one sends the other receives. Throws when not. */
export const isServed = async (url: string, client: FuzzClient): Promise<void> => {
  const [from, to] = await client.pair(url);
  const open = (user: FuzzUser): Promise<TestSocket> => openSocket(url + user.path, { headers: user.headers ?? {} });
  using listener = await open(to);
  await to.greet(listener);
  using speaker = await open(from);
  const text = unique('text');
  speaker.send(from.frame(text));
  await listener.waitFor((frame) => JSON.stringify(frame).includes(text));
};
