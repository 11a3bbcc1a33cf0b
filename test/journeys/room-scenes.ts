import * as received from './received.js';
import { hello, type Scene, text, toTopicOf, v1Receives, v1Says, verbatimInTopic } from './scene.js';
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
  {
    kind: 'room',
    speaker: 'rooms',
    say: ({ speakers }) => speakers.rooms.say({ type: 'message', content: hello('room', 'rooms') }),
    own: ({ speakers }) => speakers.rooms,
    arrives: v1Receives(hello('room', 'rooms')),
    expected: inLobby('rooms'),
  },
  {
    kind: 'room',
    speaker: 'conversations',
    say: ({ speakers }) => speakers.conversations.say({ content: hello('room', 'conversations') }),
    own: ({ speakers }) => speakers.conversations,
    arrives: v1Receives(hello('room', 'conversations')),
    expected: { ...inLobby('conversations'), itself: inLobby('conversations')['conversations in Lobby'] },
  },
  {
    kind: 'room',
    speaker: 'swifty',
    say: (world) => toTopicOf(world, 'Lobby', 'room'),
    own: ({ speakers }) => speakers.swifty,
    arrives: v1Receives(hello('room', 'swifty')),
    // Everybody who joined the room and is connected, by whichever wire.
    expected: { ...inLobby('swifty'), itself: [received.topicSent('Lobby', 11)] },
  },
  {
    kind: 'room',
    speaker: 'v1',
    say: (world) => v1Says(world, { channelId: world.cast.lobby.id, content: text('room', 'v1') }),
    own: ({ speakers }) => speakers.v1,
    arrives: v1Receives(hello('room', 'v1')),
    expected: { ...inLobby('v1'), itself: [received.v1Answer('Lobby'), ...inLobby('v1').v1] },
  },
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
    say: async ({ cast, speakers: { v1 } }) => {
      const params = { channelId: cast.lobby.id };
      const said = v1.say({ jsonrpc: '2.0', id: 'typing', method: 'typing.start', params });
      await v1.socket.waitFor(({ id }) => id === 'typing');
      return said;
    },
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
    say: ({ passing }) => {
      passing.get('rooms')?.socket.close();
      passing.delete('rooms');
      return 'that socket closes';
    },
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
    say: ({ passing }) => {
      passing.get('conversations')?.socket.close();
      passing.delete('conversations');
      return 'that socket closes';
    },
    arrives: conversationReceives('user_left'),
    expected: { 'conversations in Lobby': [received.userLeft('conversations-ann')] },
  },
  {
    kind: 'coming and going in a room',
    speaker: 'v1',
    say: async ({ url, cast: { eves, lobby } }) => {
      await as(url, { token: eves.v1.token })(`PUT /channels/${lobby.id}/members/me`);
      return 'PUT /v1/channels/<id of Lobby>/members/me';
    },
    arrives: v1Receives('member.added'),
    expected: { v1: [received.v1Added('v1-eve')] },
  },
  {
    kind: 'coming and going in a room',
    speaker: 'v1',
    say: async ({ url, cast: { eves, lobby } }) => {
      await as(url, { token: eves.v1.token })(`DELETE /channels/${lobby.id}/members/me`);
      return 'DELETE /v1/channels/<id of Lobby>/members/me';
    },
    arrives: v1Receives('member.removed'),
    expected: { v1: [received.v1Removed('v1-eve')] },
  },
];
