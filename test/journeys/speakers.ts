import { type Frame, openSocket } from '@parley/testing';
import { type Listener, ofDevice, v1Listener } from './shared-realm.js';
import type { World } from './setup.js';
import { toTopic } from '../clients/swifty.js';

// What a shared realm refuses all the same, and with which answer.

export interface EntryPoint {
  readonly who: string;
  readonly tries: string;
  /** The frames that say no, and the close code where the connection ends with that. */
  opens(world: World): Promise<unknown[]>;
  readonly expected: readonly unknown[];
}

/** A socket that is refused: what it receives, and its end. */
const refused = async (url: string): Promise<unknown[]> => {
  using socket = await openSocket(url);
  const { code } = await socket.closed;
  return [...socket.received, { closed: code }];
};

const deviceTries = async ({ socket, person }: Listener, topic: string): Promise<Frame[]> => {
  socket.send(toTopic({ uuid: person.handle }, topic));
  return [await socket.waitFor('error')];
};

const error = (message: string) => ({ type: 'error', message });
const deviceError = (message: string) => ({ ...error(message), msgid: '<uuid>', timestamp: '#<time>' });

export const entryPoints: readonly EntryPoint[] = [
  {
    who: 'rooms',
    tries: 'enters a group by its number',
    opens: ({ url, cast: { bobs, group } }) => refused(`${url}/ws/chat/${group.number}?token=${bobs.rooms.token}`),
    expected: [error('Room not found'), { closed: 1000 }],
  },
  {
    who: 'rooms',
    tries: 'enters a topic by its number',
    opens: ({ url, cast: { bobs, topic } }) => refused(`${url}/ws/chat/${topic.number}?token=${bobs.rooms.token}`),
    expected: [error('Room not found'), { closed: 1000 }],
  },
  {
    who: 'conversations',
    tries: 'enters a room that it did not join',
    opens: ({ url, cast: { eves, lobby } }) =>
      refused(`${url}/conversations/${lobby.number}/ws?token=${eves.conversations.token}`),
    expected: [error('You are not a participant in this conversation'), { closed: 4003 }],
  },
  {
    who: 'conversations',
    tries: 'enters a topic by its number',
    opens: ({ url, cast: { bobs, topic } }) =>
      refused(`${url}/conversations/${topic.number}/ws?token=${bobs.conversations.token}`),
    expected: [error('Conversation not found'), { closed: 4004 }],
  },
  {
    who: 'swifty',
    tries: 'speaks in a room to which it is not subscribed',
    opens: async ({ url, cast: { eves } }) => {
      const eve = await ofDevice(url, eves.swifty);
      const answer = await deviceTries(eve, 'Lobby');
      eve.socket.socket.terminate();
      return answer;
    },
    expected: [deviceError('Not subscribed to topic Lobby')],
  },
  {
    who: 'swifty',
    tries: 'speaks in a group of which it is a member',
    opens: ({ speakers }) => deviceTries(speakers.swifty, 'Study Group'),
    expected: [deviceError('Topic Study Group not found')],
  },
  {
    who: 'v1',
    tries: 'attaches a group of which it is no member',
    opens: async ({ url, cast: { eves, group } }) => {
      const { socket } = await v1Listener(url, eves.v1, '', []);
      socket.send({ jsonrpc: '2.0', id: 1, method: 'channel.attach', params: { channelId: group.id } });
      const { error: said } = await socket.waitFor(({ id }) => id === 1);
      socket.socket.terminate();
      return [(said as { data: { code: string; reason: string } }).data];
    },
    expected: [{ code: 'forbidden', reason: 'not_member' }],
  },
  {
    who: 'rooms',
    tries: 'shows its token at a socket of conversations',
    opens: ({ url, cast: { bobs, lobby } }) =>
      refused(`${url}/conversations/${lobby.number}/ws?token=${bobs.rooms.token}`),
    expected: [error('Invalid token'), { closed: 4001 }],
  },
];
