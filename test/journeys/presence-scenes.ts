import { as } from '../clients/v1.js';
import { done } from '../clients/http.js';
import * as received from './received.js';
import { closesSocket, type Scene, v1Asks, v1Receives } from './scene.js';
import type { World } from './setup.js';
import { inRoom, type Person } from './shared-realm.js';

// How far accounts have read, and who is here: what others receive of it.

const directOf = async ({ url, cast: { anns, bobs } }: World): Promise<string> => {
  const body = { accountId: bobs.v1.accountId };
  return (await done<{ id: string }>('POST', `${url}/v1/directs`, { token: anns.v1.token, body })).id;
};

/** Beyond the end of every channel: the server records the end. */
const read = 1_000;

const reads = (channel: string | null, idOf: (world: World) => string | Promise<string>): Scene => ({
  kind: 'receipts',
  speaker: 'v1',
  say: async (world) => v1Asks(world, 'receipt.record', { channelId: await idOf(world), read }),
  own: ({ speakers }) => speakers.v1,
  arrives: v1Receives('receipt.changed'),
  expected: {
    itself: [received.v1Recorded, received.v1Receipt('v1-ann', channel)],
    v1: [received.v1Receipt('v1-ann', channel)],
  },
});

export const receipts: Scene[] = [reads('Study Group', ({ cast }) => cast.group.id), reads(null, directOf)];

/** The listener on v1 subscribes to an account from now on; what it is answered is not part of what it receives of the scene. */
const looksAt = async ({ listeners: { v1 } }: World, { accountId }: Person): Promise<void> => {
  v1.socket.send({
    jsonrpc: '2.0',
    id: `look ${accountId}`,
    method: 'presence.subscribe',
    params: { accountIds: [accountId] },
  });
  await v1.socket.waitFor((frame) => frame['id'] === `look ${accountId}`);
  v1.seen = v1.socket.received.length;
};

const shows = (state: 'away' | 'online'): Scene => ({
  kind: 'presence',
  speaker: 'v1',
  say: (world) => v1Asks(world, 'presence.set', { state }),
  own: ({ speakers }) => speakers.v1,
  arrives: v1Receives('presence.changed', `"${state}"`),
  expected: {
    itself: [{ jsonrpc: '2.0', id: 'presence.set', result: { state } }],
    v1: [received.v1Presence('v1-ann', state)],
  },
});

const away = shows('away');

export const presence: Scene[] = [
  {
    ...away,
    say: async (world) => {
      await looksAt(world, world.cast.anns.v1);
      return away.say(world);
    },
  },
  shows('online'),
  {
    kind: 'presence',
    speaker: 'rooms',
    say: async (world) => {
      const { eves, lobby } = world.cast;
      await as(world.url, { token: eves.rooms.v1Token ?? '' })(`PUT /channels/${lobby.id}/members/me`);
      await looksAt(world, eves.rooms);
      world.passing.set('rooms', await inRoom(world.url, eves.rooms, lobby));
      return 'a socket opens, the first of its account';
    },
    arrives: v1Receives('presence.changed', '"online"'),
    expected: {
      rooms: [received.roomsNotice('user_joined', 'rooms-eve')],
      v1: [received.v1Presence('rooms-eve', 'online')],
    },
  },
  {
    kind: 'presence',
    speaker: 'rooms',
    say: closesSocket('rooms', 'that socket closes, the last of its account'),
    arrives: v1Receives('presence.changed', '"offline"'),
    expected: {
      'conversations in Lobby': [received.userLeft('rooms-eve')],
      v1: [received.v1Presence('rooms-eve', 'offline')],
    },
  },
];
