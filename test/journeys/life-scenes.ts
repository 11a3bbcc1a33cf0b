import * as received from './received.js';
import type { Scene } from './scene.js';
import { including, type World } from './setup.js';
import { done } from '../clients/http.js';

// What becomes of a message in a room after it was sent, and who receives that.

const kind = 'message’s life in a room';
const told = 'hello room, this is v1';

interface Target {
  readonly id: string;
  readonly number: number;
  readonly content: { readonly text?: string };
}

const targets = new WeakMap<World, Target>();

/** What v1 said in the room before. */
const targetOf = async (world: World): Promise<Target> => {
  const known = targets.get(world);
  if (known) return known;
  const { anns, lobby } = world.cast;
  const path = `${world.url}/v1/channels/${lobby.id}/messages?limit=100`;
  const { messages } = await done<{ messages: Target[] }>('GET', path, { token: anns.v1.token });
  const target = messages.findLast(({ content }) => content.text === told);
  if (!target) throw new Error(`Nobody said ${told}`);
  targets.set(world, target);
  return target;
};

const changes = async (world: World, method: string, more: object = {}): Promise<object> => {
  const { id: messageId } = await targetOf(world);
  return v1Asks(world, method, { messageId, ...more });
};

const v1Asks = async ({ speakers }: World, method: string, params: object): Promise<object> => {
  const { socket } = speakers.v1;
  const asked = { jsonrpc: '2.0', id: 'life', method, params: { clientId: crypto.randomUUID(), ...params } };
  socket.send(asked);
  await socket.waitFor((frame) => frame['id'] === 'life');
  return asked;
};

const v1Receives =
  (word: string) =>
  ({ listeners }: World) =>
    listeners.v1.socket.waitFor(including(word));

const content = { type: 'text', text: 'hello again' };
const mentions = { accountIds: [], channel: false };

const edited = received.v1Change('message.edited', 'v1-ann', { content, mentions });
const reacted = (by: string, count: number) => received.v1Change('reaction.added', by, { emoji: '👍', count });
const deleted = received.v1Change('message.deleted', 'v1-ann', { thread: null });

export const messageLife: Scene[] = [
  {
    kind,
    speaker: 'v1',
    say: (world) => changes(world, 'message.edit', { content }),
    own: ({ speakers }) => speakers.v1,
    arrives: v1Receives('message.edited'),
    expected: { v1: [edited.notification], itself: [edited.answer, edited.notification] },
  },
  {
    kind,
    speaker: 'v1',
    say: (world) => changes(world, 'message.react', { emoji: '👍' }),
    own: ({ speakers }) => speakers.v1,
    arrives: v1Receives('reaction.added'),
    expected: {
      rooms: [received.roomsReaction('v1-ann', '👍', 1)],
      v1: [reacted('v1-ann', 1).notification],
      itself: [reacted('v1-ann', 1).answer, reacted('v1-ann', 1).notification],
    },
  },
  {
    kind,
    speaker: 'rooms',
    say: async (world) => {
      const { number: message_id } = await targetOf(world);
      return world.speakers.rooms.say({ type: 'reaction', message_id, reaction_type: '👍' });
    },
    own: ({ speakers }) => speakers.rooms,
    arrives: v1Receives('reaction.added'),
    expected: {
      rooms: [received.roomsReaction('rooms-ann', '👍', 2)],
      v1: [reacted('rooms-ann', 2).notification],
      itself: [received.roomsReaction('rooms-ann', '👍', 2)],
    },
  },
  {
    kind,
    speaker: 'v1',
    say: (world) => changes(world, 'message.delete'),
    own: ({ speakers }) => speakers.v1,
    arrives: v1Receives('message.deleted'),
    expected: { v1: [deleted.notification], itself: [deleted.answer, deleted.notification] },
  },
];
