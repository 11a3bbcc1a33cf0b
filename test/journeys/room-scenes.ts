import * as received from './received.js';
import {
  closesSocket,
  hello,
  messageOf,
  type Scene,
  text,
  toTopicOf,
  v1Asks,
  v1Receives,
  v1Says,
  verbatimInTopic,
} from './scene.js';
import { inConversation, inRoom, type WireName } from './shared-realm.js';
import type { World } from './setup.js';
import { as } from '../clients/v1.js';

// What is sent and done in a room that users of all wires share.

const inLobby = (speaker: WireName) => {
  const message = { by: `${speaker}-ann`, text: hello('room', speaker), in: 'Lobby' };
  return {
    rooms: [received.inRooms(message)],
    'conversations in Lobby': [received.inConversations(message)],
    swifty: [speaker === 'swifty' ? verbatimInTopic('room', 'Lobby') : received.inTopics(message)],
    v1: [received.inV1(message.by, text('room', speaker), 'Lobby')],
  };
};

export const room: Scene[] = [
  messageOf('room', 'rooms', {
    say: ({ speakers }) => speakers.rooms.say({ type: 'message', content: hello('room', 'rooms') }),
    expected: inLobby('rooms'),
  }),
  messageOf('room', 'conversations', {
    say: ({ speakers }) => speakers.conversations.say({ content: hello('room', 'conversations') }),
    expected: { ...inLobby('conversations'), itself: inLobby('conversations')['conversations in Lobby'] },
  }),
  messageOf('room', 'swifty', {
    say: (world) => toTopicOf(world, 'Lobby', 'room'),
    // Everybody who joined the room and is connected, by whichever wire.
    expected: { ...inLobby('swifty'), itself: [received.topicSent('Lobby', 11)] },
  }),
  messageOf('room', 'v1', {
    say: (world) => v1Says(world, { channelId: world.cast.lobby.id, content: text('room', 'v1') }),
    expected: { ...inLobby('v1'), itself: [received.v1Answer('Lobby'), ...inLobby('v1').v1] },
  }),
];

export const typing: Scene[] = [
  {
    kind: 'typing in a room',
    speaker: 'rooms',
    say: ({ speakers }) => speakers.rooms.say({ type: 'typing' }),
    own: ({ speakers }) => speakers.rooms,
    arrives: v1Receives('typing.started'),
    expected: { rooms: [received.roomsNotice('typing', 'rooms-ann')], v1: [received.v1Typing('rooms-ann')] },
  },
  {
    kind: 'typing in a room',
    speaker: 'v1',
    say: (world) => v1Asks(world, 'typing.start', { channelId: world.cast.lobby.id }, 'typing'),
    own: ({ speakers }) => speakers.v1,
    arrives: v1Receives('typing.started'),
    expected: {
      itself: [{ jsonrpc: '2.0', id: 'typing', result: {} }],
      rooms: [received.roomsNotice('typing', 'v1-ann')],
      v1: [received.v1Typing('v1-ann')],
    },
  },
];

const roomsReceives = (type: string) => (world: World) => world.listeners.rooms.socket.waitFor(type);
const conversationReceives = (type: string) => (world: World) => world.listeners.inLobby.socket.waitFor(type);

/** A member of the room comes or goes over v1. */
const eveChanges = (method: string, event: string, expected: object): Scene => ({
  kind: 'coming and going in a room',
  speaker: 'v1',
  say: async ({ url, cast: { eves, lobby } }) => {
    await as(url, { token: eves.v1.token })(`${method} /channels/${lobby.id}/members/me`);
    return `${method} /v1/channels/<id of Lobby>/members/me`;
  },
  arrives: v1Receives(event),
  expected: { v1: [expected] },
});

export const comingAndGoing: Scene[] = [
  {
    kind: 'coming and going in a room',
    speaker: 'rooms',
    say: async (world) => {
      world.passing.set('rooms', await inRoom(world.url, world.cast.anns.rooms, world.cast.lobby));
      return 'a socket opens at /ws/chat/<number of Lobby>';
    },
    arrives: roomsReceives('user_joined'),
    expected: { rooms: [received.roomsNotice('user_joined', 'rooms-ann')] },
  },
  {
    kind: 'coming and going in a room',
    speaker: 'rooms',
    say: closesSocket('rooms'),
    arrives: conversationReceives('user_left'),
    expected: { 'conversations in Lobby': [received.userLeft('rooms-ann')] },
  },
  {
    kind: 'coming and going in a room',
    speaker: 'conversations',
    say: async (world) => {
      const { anns, lobby } = world.cast;
      world.passing.set('conversations', await inConversation(world.url, anns.conversations, lobby));
      return 'a socket opens at /conversations/<number of Lobby>/ws';
    },
    arrives: roomsReceives('user_joined'),
    expected: { rooms: [received.roomsNotice('user_joined', 'conversations-ann')] },
  },
  {
    kind: 'coming and going in a room',
    speaker: 'conversations',
    say: closesSocket('conversations'),
    arrives: conversationReceives('user_left'),
    expected: { 'conversations in Lobby': [received.userLeft('conversations-ann')] },
  },
  eveChanges('PUT', 'member.added', received.v1Added('v1-eve')),
  eveChanges('DELETE', 'member.removed', received.v1Removed('v1-eve')),
];
