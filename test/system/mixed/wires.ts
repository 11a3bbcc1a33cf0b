// Clients of each wire as small as they can be, each wire in its own realm, all with the same names. What they send carries a marker;
// each message knows its stream and who has to receive it.
import type { Frame, TestSocket } from '@parley/testing';
import * as conversationsWire from '../../clients/conversations.js';
import * as fluentWire from '../../clients/fluent.js';
import { done } from '../../clients/http.js';
import * as meshWire from '../../clients/mesh.js';
import * as roomsWire from '../../clients/rooms.js';
import * as swiftyWire from '../../clients/swifty.js';
import { signUpV1, textContent, v1Socket } from '../../clients/v1.js';
import { at } from '../proof/random.js';
import type { Histories } from './deliveries.js';
import { v1Histories } from './v1-histories.js';

export const wireNames = ['swifty', 'rooms', 'mesh', 'fluent', 'conversations', 'v1'] as const;
export type WireName = (typeof wireNames)[number];

/** The same in every realm. */
export const lounge = 'Lounge';
export const nameOf = (index: number): string => `client-${index}`;
/** So that no client signs in elsewhere by accident. */
export const passwordOf = (wire: WireName): string => `password of ${wire}`;

/** An account of a wire; `id` is what others name it by. */
export interface Account {
  readonly token: string;
  readonly id: string | number;
}

export interface Client extends Account {
  readonly index: number;
  readonly url: string;
}

/** Where the clients of a wire meet: a room, conversation or organization; 0 and '' where the wire has none. */
export interface Place {
  readonly number: number;
  readonly id: string;
}

/** How a message was sent: its stream, who has to receive it, how often, and what else has to end. */
export interface Sending {
  readonly stream: string;
  readonly receivers: readonly number[];
  readonly times?: number;
  readonly ends?: Promise<void>;
}

export interface Send {
  readonly client: Client;
  readonly socket: TestSocket;
  readonly n: number;
  readonly marker: string;
  readonly clients: readonly Client[];
  readonly place: Place;
}

export interface Wire {
  signUp(url: string, index: number): Promise<Account>;
  gather(clients: readonly Client[]): Promise<Place>;
  open(client: Client, place: Place): Promise<TestSocket>;
  send(message: Send): Sending;
  isRefusal(frame: Frame): boolean;
  histories?(clients: readonly Client[], place: Place): Promise<Histories>;
  /** How many messages wait for clients that were connected. */
  undelivered?(clients: readonly Client[]): Promise<number>;
  /** What a token of another wire is shown to: a socket, and a REST request. */
  readonly guarded: {
    socket(place: Place, token: string): { path: string; headers?: Record<string, string> };
    request(token: string): { method: string; path: string; body?: object };
  };
}

const nowhere: Place = { number: 0, id: '' };
const all = (clients: readonly Client[]): number[] => clients.map(({ index }) => index);
const allBut = ({ index }: Client, clients: readonly Client[]): number[] => all(clients).filter((one) => one !== index);
const isError = ({ type }: Frame): boolean => type === 'error';

/** The next one, and with each message the one after. */
const partnerOf = ({ client, n, clients }: Send): Client => at(clients, client.index + 1 + (n % (clients.length - 1)));
const pairOf = (one: Client, other: Client): string =>
  `${Math.min(one.index, other.index)} and ${Math.max(one.index, other.index)}`;

const rooms: Wire = {
  async signUp(url, index) {
    const { token } = await roomsWire.signUpRooms(url, nameOf(index), passwordOf('rooms'));
    return { token, id: index };
  },
  async gather(clients) {
    const first = at(clients, 0);
    return { ...nowhere, number: (await roomsWire.newRoom(first.url, first, lounge)).id };
  },
  open: (client, { number }) => roomsWire.enter(client.url, client, { id: number }),
  send({ client, socket, marker, clients }) {
    socket.send({ type: 'message', content: marker });
    return { stream: 'room', receivers: allBut(client, clients) };
  },
  isRefusal: isError,
  async histories(clients, { number }) {
    const first = at(clients, 0);
    return new Map([['room', await roomsWire.roomTexts(first.url, first, { id: number })]]);
  },
  guarded: {
    socket: ({ number }, token) => ({ path: roomsWire.roomPath({ token }, { id: number }) }),
    request: () => ({ method: 'GET', path: '/api/auth/me' }),
  },
};

const conversations: Wire = {
  signUp: (url, index) => conversationsWire.signUpConversations(url, nameOf(index), passwordOf('conversations')),
  async gather(clients) {
    const first = at(clients, 0);
    const others = clients.slice(1).map(({ id }) => ({ id: Number(id) }));
    return { ...nowhere, number: (await conversationsWire.newConversation(first.url, first, others, lounge)).id };
  },
  open: (client, { number }) => conversationsWire.join(client.url, client, { id: number }),
  send({ socket, marker, clients }) {
    socket.send({ content: marker });
    return { stream: 'conversation', receivers: all(clients) };
  },
  isRefusal: isError,
  async histories(clients, { number }) {
    const first = at(clients, 0);
    const messages = await conversationsWire.historyOf(first.url, first, { id: number });
    return new Map([['conversation', messages.map(({ content }) => content)]]);
  },
  guarded: {
    socket: ({ number }, token) => ({ path: conversationsWire.conversationPath({ token }, { id: number }) }),
    request: () => ({ method: 'GET', path: '/users/me' }),
  },
};

const fluentPage = 500;

/** All messages with a partner, oldest first. */
const fluentHistory = async (client: Client, partner: Client): Promise<string[]> => {
  const items: fluentWire.Item[] = [];
  for (let more = true; more;) {
    const before = items.at(-1)?.timestamp;
    const query = `&limit=${fluentPage}${before === undefined ? '' : `&before=${before}`}`;
    const page = await fluentWire.messagesOf(client.url, client, { id: Number(partner.id) }, query);
    items.push(...page);
    more = page.length === fluentPage;
  }
  return items.map(({ content }) => content).reverse();
};

const fluent: Wire = {
  signUp: (url, index) => fluentWire.signUpFluent(url, nameOf(index), passwordOf('fluent')),
  gather: async () => nowhere,
  open: (client) => fluentWire.openChat(client.url, client),
  send(message) {
    const { client, socket, marker } = message;
    const partner = partnerOf(message);
    const encrypted = { receiver_encrypted: marker, sender_encrypted: marker };
    socket.send({ ...fluentWire.sealed({ id: Number(partner.id) }, marker), ...encrypted });
    return { stream: pairOf(client, partner), receivers: [client.index, partner.index] };
  },
  // Its errors are text, and no JSON.
  isRefusal: ({ text }) => text !== undefined,
  async histories(clients) {
    const found = new Map<string, string[]>();
    for (const client of clients)
      for (const other of clients.slice(client.index + 1))
        found.set(pairOf(client, other), await fluentHistory(client, other));
    return found;
  },
  guarded: {
    socket: (_place, token) => ({ path: fluentWire.chatPath({ token }) }),
    request: () => ({ method: 'GET', path: '/chat/chat_list' }),
  },
};

/** Comes and goes again. */
const visit = async (client: Client, agentId: string): Promise<void> => {
  const { socket } = await meshWire.agent(client.url, client, agentId);
  socket.close();
  await socket.closed;
};

/** Nothing is sent here: agents come and go, and those that stay are notified. */
const mesh: Wire = {
  signUp: (url, index) => meshWire.signUpMesh(url, nameOf(index), passwordOf('mesh')),
  async gather(clients) {
    const [first, ...others] = [at(clients, 0), ...clients.slice(1)] as const;
    const options = { name: lounge };
    return { ...nowhere, number: await meshWire.organizationOf(first.url, [first, ...others], options) };
  },
  async open(client) {
    return (await meshWire.agent(client.url, client, `stays-${client.index}`)).socket;
  },
  send: ({ client, marker, clients }) => ({
    stream: `agents of ${client.index}`,
    receivers: all(clients),
    times: 2,
    ends: visit(client, marker),
  }),
  isRefusal: ({ error }) => error !== undefined,
  guarded: {
    socket: (_place, token) => ({ path: `/ws?token=${token}` }),
    request: () => ({ method: 'GET', path: '/organizations' }),
  },
};

const deviceOf = ({ id, token }: Client): Pick<swiftyWire.Device, 'uuid' | 'token'> => ({ uuid: String(id), token });

const swifty: Wire = {
  async signUp(url, index) {
    const { uuid, token } = await swiftyWire.aDevice(url, nameOf(index));
    return { token, id: uuid };
  },
  async gather(clients) {
    await swiftyWire.topicCall(at(clients, 0).url, 'create', at(clients, 0), lounge);
    for (const client of clients) await swiftyWire.topicCall(client.url, 'subscribe', client, lounge);
    return nowhere;
  },
  open: (client) => swiftyWire.connect(client.url, client),
  send(message) {
    const { client, socket, n, marker, clients } = message;
    const more = { content: marker, timestamp: Date.now() / 1000, msgno: n };
    if (n % 2 === 0) {
      socket.send(swiftyWire.toTopic(deviceOf(client), lounge, more));
      return { stream: 'topic', receivers: allBut(client, clients) };
    }
    const partner = partnerOf(message);
    socket.send(swiftyWire.direct(deviceOf(client), deviceOf(partner), { ...more, acknowledge: false }));
    return { stream: pairOf(client, partner), receivers: [partner.index] };
  },
  isRefusal: isError,
  async undelivered(clients) {
    let count = 0;
    for (const client of clients) count += await swiftyWire.undeliveredCount(client.url, deviceOf(client));
    return count;
  },
  guarded: {
    socket: (_place, token) => ({ path: `/ws?token=${token}` }),
    request: (token) => ({ method: 'POST', path: `/topics/create?token=${token}`, body: { topic_id: 'elsewhere' } }),
  },
};

const v1: Wire = {
  signUp: (url, index) => signUpV1(url, nameOf(index), passwordOf('v1')),
  gather: (clients) => {
    const { url, token } = at(clients, 0);
    return done('POST', `${url}/v1/channels`, { token, body: { kind: 'room', title: lounge } });
  },
  async open({ url, token }, { id: channelId }) {
    const socket = await v1Socket(url, token);
    socket.send({ jsonrpc: '2.0', id: 'inbox', method: 'session.resume', params: { inbox: 0 } });
    socket.send({ jsonrpc: '2.0', id: 'attach', method: 'channel.attach', params: { channelId, after: 0 } });
    for (const request of ['inbox', 'attach']) await socket.waitFor(({ id }) => id === request);
    return socket;
  },
  send(message) {
    const { client, socket, n, marker, clients, place } = message;
    const partner = partnerOf(message);
    const isDirect = n % 2 === 1;
    const target = isDirect ? { directWith: partner.id } : { channelId: place.id };
    const params = { ...target, clientId: marker, content: textContent(marker) };
    socket.send({ jsonrpc: '2.0', id: n, method: 'message.send', params });
    if (!isDirect) return { stream: 'room', receivers: all(clients) };
    return { stream: pairOf(client, partner), receivers: [client.index, partner.index] };
  },
  isRefusal: ({ error }) => error !== undefined,
  histories: v1Histories,
  guarded: {
    socket: (_place, token) => ({ path: '/v1/socket', headers: { authorization: `Bearer ${token}` } }),
    request: () => ({ method: 'GET', path: '/v1/me' }),
  },
};

export const wires: Readonly<Record<WireName, Wire>> = { swifty, rooms, mesh, fluent, conversations, v1 };
