import { messageLife } from './life-scenes.js';
import { presence, receipts } from './presence-scenes.js';
import * as received from './received.js';
import { comingAndGoing, room, typing } from './room-scenes.js';
import {
  allReceive,
  closesSocket,
  device,
  deviceSays,
  hello,
  messageOf,
  type Scene,
  text,
  toTopicOf,
  v1Says,
  verbatimInTopic,
} from './scene.js';
import { ofAgent, type Person, type WireName, wires } from './shared-realm.js';
import type { World } from './setup.js';
import { direct } from '../clients/swifty.js';

const inGroup = (speaker: WireName) => {
  const message = { by: `${speaker}-ann`, text: hello('group', speaker), in: 'Study Group' };
  return {
    'conversations in Study Group': [received.inConversations(message)],
    v1: [received.inV1(message.by, text('group', speaker), 'Study Group')],
  };
};

const group: Scene[] = [
  messageOf('group', 'conversations', {
    say: ({ speakers }) => speakers.inGroup.say({ content: hello('group', 'conversations') }),
    own: ({ speakers }) => speakers.inGroup,
    expected: { ...inGroup('conversations'), itself: inGroup('conversations')['conversations in Study Group'] },
  }),
  messageOf('group', 'v1', {
    say: (world) => v1Says(world, { channelId: world.cast.group.id, content: text('group', 'v1') }),
    expected: { ...inGroup('v1'), itself: [received.v1Answer('Study Group'), ...inGroup('v1').v1] },
  }),
];

const topic: Scene[] = [
  messageOf('topic', 'swifty', {
    say: (world) => toTopicOf(world, 'telemetry', 'topic'),
    expected: {
      itself: [received.topicSent('telemetry', 3)],
      swifty: [verbatimInTopic('topic', 'telemetry')],
      v1: [received.inV1('swifty-ann', text('topic', 'swifty'), 'telemetry')],
    },
  }),
  messageOf('topic', 'v1', {
    say: (world) => v1Says(world, { channelId: world.cast.topic.id, content: text('topic', 'v1') }),
    expected: {
      itself: [received.v1Answer('telemetry'), received.inV1('v1-ann', text('topic', 'v1'), 'telemetry')],
      swifty: [received.inTopics({ by: 'v1-ann', text: hello('topic', 'v1'), in: 'telemetry' })],
      v1: [received.inV1('v1-ann', text('topic', 'v1'), 'telemetry')],
    },
  }),
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
    say: closesSocket('mesh'),
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
