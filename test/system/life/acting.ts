// Carries out what was chosen, each on what its client shows at that moment.
import { isParleyError, type LiveChannel, type TimelineMessage } from '@parley/client';
import { described } from '../delivery/recording-client.js';
import { at } from '../proof/random.js';
import { type Choice, emoji, type Kind } from './choices.js';
import { lookAtThread, type Person } from './people.js';

/** How long a message is tried, in milliseconds; the SDK has the same for changes. */
const deadlineMs = 60_000;

export interface Outcome {
  readonly choice: Choice;
  readonly ms: number;
  /** `skipped`: its client shows no message to do it with. */
  readonly result: 'acknowledged' | 'skipped' | { readonly reason: string };
}

/** A stored message. */
type Shown = TimelineMessage & { readonly id: string; readonly sequence: number };

interface Scene {
  readonly person: Person;
  readonly channel: LiveChannel;
  readonly choice: Choice;
  readonly mentionOf: (detail: number) => string;
  /** A message of the channel that fits, near the end rather than far from it. */
  readonly pick: (fits?: (message: Shown) => boolean) => Shown | undefined;
}

/** In every text of a message, whatever it is edited to; `n` is of the choice that sent it. */
export const markOf = (n: number): string => `mark${n}z`;
export const clientIdOf = (n: number): string => `life-${n}`;

const textOf = ({ choice: { n, detail }, mentionOf }: Scene, mentions: boolean): string =>
  `${markOf(n)} said by choice ${n}${mentions ? ` to ${mentionOf(detail)}` : ''}`;

/** The editor keeps the mark, so that every text that a message ever had can be found. */
const editOf = ({ choice: { n, detail }, mentionOf }: Scene, { content }: Shown): string => {
  const mark = content.type === 'text' ? content.text.split(' ')[0] : '';
  return `${mark} changed by choice ${n}${detail > 0.7 ? ` for ${mentionOf(detail)}` : ''}`;
};

const options = (n: number) => ({ clientId: clientIdOf(n), signal: AbortSignal.timeout(deadlineMs) });

const reply = async (scene: Scene, root: Shown, alsoInChannel: boolean): Promise<void> => {
  const { person, channel, choice } = scene;
  const rootId = root.threadRoot ?? root.id;
  const thread = lookAtThread(person, channel, rootId);
  const text = textOf(scene, choice.detail > 0.8);
  await thread.send(text, { ...options(choice.n), alsoInChannel }).sent;
};

type Act = (scene: Scene) => Promise<unknown> | null;

/** Does it with the message that was picked; null: there is none. */
const withMessage =
  (pick: (scene: Scene) => Shown | undefined, act: (scene: Scene, message: Shown) => Promise<unknown>): Act =>
  (scene) => {
    const message = pick(scene);
    return message ? act(scene, message) : null;
  };

const any = ({ pick }: Scene): Shown | undefined => pick();
const emojiOf = ({ choice }: Scene): string => at(emoji, Math.floor(choice.detail * emoji.length));
/** Mostly an own one; that of another is refused, or a moderator may. */
const ownMostly = ({ pick, choice }: Scene): Shown | undefined =>
  choice.detail < 0.1 ? pick() : pick(({ isOwn }) => isOwn);
const withOwnReaction = ({ pick }: Scene): Shown | undefined =>
  pick(({ reactions }) => reactions.some(({ mine }) => mine)) ?? pick();
const pinned = ({ pick }: Scene): Shown | undefined => pick(({ pinnedAt }) => pinnedAt !== null) ?? pick();

const say = (scene: Scene, mentions: boolean): Promise<unknown> =>
  scene.channel.send(textOf(scene, mentions), options(scene.choice.n)).sent;

const acts: Readonly<Record<Kind, Act>> = {
  send: (scene) => say(scene, false),
  mention: (scene) => say(scene, true),
  reply: withMessage(any, (scene, { id }) => {
    const { channel, choice } = scene;
    return channel.send(textOf(scene, false), { ...options(choice.n), replyTo: id }).sent;
  }),
  threadReply: withMessage(any, (scene, root) => reply(scene, root, (scene.choice.detail * 100) % 1 > 0.6)),
  edit: withMessage(ownMostly, (scene, message) => scene.channel.edit(message.id, editOf(scene, message))),
  delete: withMessage(ownMostly, ({ channel }, { id }) => channel.delete(id)),
  react: withMessage(any, (scene, { id }) => scene.channel.react(id, emojiOf(scene))),
  unreact: withMessage(withOwnReaction, (scene, { id, reactions }) => {
    const own = reactions.find(({ mine }) => mine)?.emoji;
    return scene.channel.unreact(id, own ?? emojiOf(scene));
  }),
  pin: withMessage(any, ({ channel }, { id }) => channel.pin(id)),
  unpin: withMessage(pinned, ({ channel }, { id }) => channel.unpin(id)),
  read: withMessage(any, ({ channel, person }, { sequence }) => {
    const { marks } = person;
    marks.set(channel.id, Math.max(marks.get(channel.id) ?? 0, sequence));
    return channel.markRead(sequence);
  }),
  readThread: (scene) => {
    const threads = [...scene.person.threads.values()];
    const thread = threads[Math.floor(scene.choice.message * threads.length)];
    return thread && thread.items.length > 0 ? thread.markRead() : null;
  },
};

const isNotDeleted = (item: TimelineMessage): item is Shown => item.id !== null && item.deletedAt === null;

const sceneOf = (channel: LiveChannel, person: Person, choice: Choice, mentionOf: Scene['mentionOf']): Scene => ({
  person,
  channel,
  choice,
  mentionOf,
  pick: (fits = () => true) => {
    const fitting = channel.messages.items.filter(isNotDeleted).filter(fits);
    return fitting[fitting.length - 1 - Math.floor(choice.message ** 2 * fitting.length)];
  },
});

/** Begins it in the channel that was chosen, or in the next one that has a message for it. */
const begin = (person: Person, choice: Choice, mentionOf: Scene['mentionOf']): Promise<unknown> | null => {
  const channels = [...person.channels.values()];
  const first = Math.floor(choice.place * channels.length);
  for (let n = 0; n < channels.length; n += 1) {
    const acting = acts[choice.kind](sceneOf(at(channels, first + n), person, choice, mentionOf));
    if (acting !== null) return acting;
  }
  return null;
};

const reasonOf = (error: unknown): string => (isParleyError(error) ? error.reason : described(error));

/** Does one; never rejects. */
export const act = async (person: Person, choice: Choice, mentionOf: Scene['mentionOf']): Promise<Outcome> => {
  const began = performance.now();
  const ended = (result: Outcome['result']): Outcome => ({ choice, result, ms: performance.now() - began });
  try {
    const acting = begin(person, choice, mentionOf);
    if (acting === null) return ended('skipped');
    await acting;
    return ended('acknowledged');
  } catch (error) {
    return ended({ reason: reasonOf(error) });
  }
};
