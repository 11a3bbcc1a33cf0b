import { messageLife } from './life-scenes.js';
import { presence, receipts } from './presence-scenes.js';
import * as received from './received.js';
import { inConversation, inRoom, ofAgent, type Person, type WireName, wires } from './shared-realm.js';
import { including, type Line, type World } from './setup.js';
import { direct, toTopic } from '../clients/swifty.js';
import { as } from '../clients/v1.js';

// What is said in the shared realm, wire by wire, and all that anybody receives of it: whoever is not named receives nothing.

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

const hello = (kind: Kind, speaker: WireName): string => `hello ${kind}, this is ${speaker}`;
const text = (kind: Kind, speaker: WireName) => ({ type: 'text', text: hello(kind, speaker) });

/** They receive everything that can be said to them, at the gateway where all listen. */
const v1Receives =
  (...words: string[]) =>
  ({ listeners }: World) =>
    listeners.v1.socket.waitFor((frame) => words.every((word) => including(word)(frame)));
/** Each account that was written to, over v1 where its own wire has no word for it. */
const allReceive =
  (...words: string[]) =>
  ({ witnesses }: World) =>
    Promise.all(
      Object.values(witnesses)
        .filter(({ person, where }) => where === 'witness' || person.wire === 'v1')
        .map(({ socket }) => socket.waitFor((frame) => words.every((word) => including(word)(frame)))),
    );

const v1Says = async ({ speakers }: World, params: object): Promise<object> => {
  const { socket } = speakers.v1;
  const asked = {
    jsonrpc: '2.0',
    id: 'say',
    method: 'message.send',
    params: { clientId: crypto.randomUUID(), ...params },
  };
  socket.send(asked);
  await socket.waitFor((frame) => frame['id'] === 'say');
  return asked;
};

const device = ({ handle, name, token }: Person) => ({ uuid: handle, name, token });

const deviceSays = async ({ speakers }: World, frame: object, answer: string): Promise<object> => {
  speakers.swifty.socket.send(frame);
  await speakers.swifty.socket.waitFor(answer);
  return frame;
};

const toTopicOf = (world: World, topic: string, kind: Kind): Promise<object> =>
  deviceSays(world, toTopic(device(world.cast.anns.swifty), topic, { content: hello(kind, 'swifty') }), 'topic_sent');

/** As the device that speaks here writes its frames. */
const verbatimInTopic = (kind: Kind, topic: string) => ({
  ...received.inTopics({ by: 'swifty-ann', text: hello(kind, 'swifty'), in: topic }),
  subject: 'Topic message',
});

const inLobby = (speaker: WireName) => {
  const message = { by: `${speaker}-ann`, text: hello('room', speaker), in: 'Lobby' };
  return {
    rooms: [received.inRooms(message)],
    'conversations in Lobby': [received.inConversations(message)],
    swifty: [speaker === 'swifty' ? verbatimInTopic('room', 'Lobby') : received.inTopics(message)],
    v1: [received.inV1(message.by, text('room', speaker), 'Lobby')],
  };
};

const room: Scene[] = [
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

const typing: Scene[] = [
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

const comingAndGoing: Scene[] = [
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

const inGroup = (speaker: WireName) => {
  const message = { by: `${speaker}-ann`, text: hello('group', speaker), in: 'Study Group' };
  return {
    'conversations in Study Group': [received.inConversations(message)],
    v1: [received.inV1(message.by, text('group', speaker), 'Study Group')],
  };
};

const group: Scene[] = [
  {
    kind: 'group',
    speaker: 'conversations',
    say: ({ speakers }) => speakers.inGroup.say({ content: hello('group', 'conversations') }),
    own: ({ speakers }) => speakers.inGroup,
    arrives: v1Receives(hello('group', 'conversations')),
    expected: { ...inGroup('conversations'), itself: inGroup('conversations')['conversations in Study Group'] },
  },
  {
    kind: 'group',
    speaker: 'v1',
    say: (world) => v1Says(world, { channelId: world.cast.group.id, content: text('group', 'v1') }),
    own: ({ speakers }) => speakers.v1,
    arrives: v1Receives(hello('group', 'v1')),
    expected: { ...inGroup('v1'), itself: [received.v1Answer('Study Group'), ...inGroup('v1').v1] },
  },
];

const topic: Scene[] = [
  {
    kind: 'topic',
    speaker: 'swifty',
    say: (world) => toTopicOf(world, 'telemetry', 'topic'),
    own: ({ speakers }) => speakers.swifty,
    arrives: v1Receives(hello('topic', 'swifty')),
    expected: {
      itself: [received.topicSent('telemetry', 3)],
      swifty: [verbatimInTopic('topic', 'telemetry')],
      v1: [received.inV1('swifty-ann', text('topic', 'swifty'), 'telemetry')],
    },
  },
  {
    kind: 'topic',
    speaker: 'v1',
    say: (world) => v1Says(world, { channelId: world.cast.topic.id, content: text('topic', 'v1') }),
    own: ({ speakers }) => speakers.v1,
    arrives: v1Receives(hello('topic', 'v1')),
    expected: {
      itself: [received.v1Answer('telemetry'), received.inV1('v1-ann', text('topic', 'v1'), 'telemetry')],
      swifty: [received.inTopics({ by: 'v1-ann', text: hello('topic', 'v1'), in: 'telemetry' })],
      v1: [received.inV1('v1-ann', text('topic', 'v1'), 'telemetry')],
    },
  },
];

/** To the account of each listener in turn; what is said to its own wire is given back. */
const toAll = async (speaker: WireName, { cast }: World, say: (to: Person) => Promise<unknown>): Promise<unknown> => {
  const said = new Map<WireName, unknown>();
  for (const wire of wires) said.set(wire, await say(cast.bobs[wire]));
  return said.get(speaker);
};
const sixTimes = <T>(what: readonly T[]): T[] => wires.flatMap(() => what);

const directs: Scene[] = [
  {
    kind: 'direct',
    speaker: 'swifty',
    say: (world) =>
      toAll('swifty', world, ({ handle }) => {
        const content = hello('direct', 'swifty');
        return deviceSays(world, direct(device(world.cast.anns.swifty), { uuid: handle }, { content }), 'sent');
      }),
    own: ({ speakers }) => speakers.swifty,
    arrives: allReceive(hello('direct', 'swifty')),
    expected: {
      itself: sixTimes([received.sent]),
      swifty: [received.verbatimToDevice({ by: 'swifty-ann', text: hello('direct', 'swifty') }, 'swifty-bob')],
      v1: [received.inV1('swifty-ann', text('direct', 'swifty'), null)],
    },
  },
  {
    kind: 'direct',
    speaker: 'v1',
    say: (world) =>
      toAll('v1', world, ({ accountId }) => v1Says(world, { directWith: accountId, content: text('direct', 'v1') })),
    own: ({ speakers }) => speakers.v1,
    arrives: allReceive(hello('direct', 'v1')),
    expected: {
      itself: [
        ...sixTimes([received.v1Answer(null)]),
        ...sixTimes([received.inV1('v1-ann', text('direct', 'v1'), null)]),
      ],
      swifty: [received.toDevice({ by: 'v1-ann', text: hello('direct', 'v1') }, 'swifty-bob')],
      v1: [received.inV1('v1-ann', text('direct', 'v1'), null)],
    },
  },
];

const forReader = 'ciphertext for its reader';
const forSender = 'ciphertext for its sender';

const encrypted: Scene[] = [
  {
    kind: 'encrypted direct',
    speaker: 'fluent',
    say: (world) =>
      toAll('fluent', world, async ({ number: receiverID }) => {
        const { fluent } = world.speakers;
        const ciphertexts = { receiver_encrypted: forReader, sender_encrypted: forSender };
        const said = fluent.say({ receiverID, ...ciphertexts, messageType: 'text' });
        await fluent.socket.waitFor(({ receiver_id }) => receiver_id === receiverID);
        return said;
      }),
    own: ({ speakers }) => speakers.fluent,
    arrives: allReceive(forReader),
    expected: {
      itself: wires.map((wire) => received.inChats('fluent-ann', `${wire}-bob`, forSender)),
      fluent: [received.inChats('fluent-ann', 'fluent-bob', forReader)],
      v1: [received.inV1('fluent-ann', { type: 'encrypted', mediaType: 'text', ciphertext: forReader }, null)],
    },
  },
];

const peers: Scene[] = [
  {
    kind: 'peers',
    speaker: 'mesh',
    say: async (world) => {
      const { agent, said } = await ofAgent(world.url, world.cast.anns.mesh, 'mesh-ann');
      world.passing.set('mesh', agent);
      return said;
    },
    own: ({ passing, speakers }) => passing.get('mesh') ?? speakers.rooms,
    arrives: ({ listeners }) => listeners.mesh.socket.waitFor('peer_online'),
    expected: {
      itself: [
        {
          type: 'register_agent_response',
          status: 'registered',
          virtual_ip: '10.0.0.1',
          connection_id: '<uuid>',
          existing_peers: [received.peer('mesh-bob', '10.0.0.2')],
        },
      ],
      mesh: [{ type: 'peer_online', peer: received.peer('mesh-ann', '10.0.0.1') }],
    },
  },
  {
    kind: 'peers',
    speaker: 'mesh',
    say: ({ passing }) => {
      passing.get('mesh')?.socket.close();
      passing.delete('mesh');
      return 'that socket closes';
    },
    arrives: ({ listeners }) => listeners.mesh.socket.waitFor('peer_offline'),
    expected: { mesh: [received.peerOffline('mesh-ann', '10.0.0.1')] },
  },
];

export const scenes: readonly Scene[] = [
  ...room,
  ...messageLife,
  ...typing,
  ...comingAndGoing,
  ...group,
  ...topic,
  ...directs,
  ...encrypted,
  ...receipts,
  ...presence,
  ...peers,
];
