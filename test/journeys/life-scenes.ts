import * as received from './received.js';
import { type Scene, v1Asks, v1Receives } from './scene.js';
import type { World } from './setup.js';
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

/** v1 changes the message; all on v1 receive `event`. */
const changes = (
  method: string,
  event: string,
  more: object,
  change: ReturnType<typeof received.v1Change>,
  others: Scene['expected'] = {},
): Scene => ({
  kind,
  speaker: 'v1',
  say: async (world) => {
    const { id: messageId } = await targetOf(world);
    return v1Asks(world, method, { clientId: crypto.randomUUID(), messageId, ...more }, 'life');
  },
  own: ({ speakers }) => speakers.v1,
  arrives: v1Receives(event),
  expected: { ...others, v1: [change.notification], itself: [change.answer, change.notification] },
});

const content = { type: 'text', text: 'hello again' };
const mentions = { accountIds: [], channel: false };

const edited = received.v1Change('message.edited', 'v1-ann', { content, mentions });
const reacted = (by: string, count: number) => received.v1Change('reaction.added', by, { emoji: '👍', count });
const deleted = received.v1Change('message.deleted', 'v1-ann', { thread: null });

export const messageLife: Scene[] = [
  changes('message.edit', 'message.edited', { content }, edited),
  changes('message.react', 'reaction.added', { emoji: '👍' }, reacted('v1-ann', 1), {
    rooms: [received.roomsReaction('v1-ann', '👍', 1)],
  }),
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
  changes('message.delete', 'message.deleted', {}, deleted),
];
