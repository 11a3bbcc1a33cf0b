// What the clients do, decided by the seed before anything happens.
import { oneOf, type Random } from '../proof/random.js';

/** How often each operation is chosen, among all. */
const weights = {
  send: 22,
  mention: 8,
  reply: 8,
  threadReply: 10,
  edit: 12,
  delete: 5,
  react: 14,
  unreact: 5,
  pin: 4,
  unpin: 2,
  read: 8,
  readThread: 2,
} as const;

export type Kind = keyof typeof weights;

export interface Choice {
  readonly n: number;
  readonly kind: Kind;
  readonly person: number;
  /** Of the channels that the client has. */
  readonly place: number;
  /** From 0 to 1: which message, counted from the last. */
  readonly message: number;
  /** From 0 to 1: whatever else there is to choose. */
  readonly detail: number;
  readonly atMs: number;
}

const bag = Object.entries(weights).flatMap(([kind, weight]) => Array<Kind>(weight).fill(kind as Kind));

export interface ChoiceOptions {
  readonly seconds: number;
  /** Operations a second, of all together. */
  readonly rate: number;
  readonly people: number;
  /** How many of the first ones are moderators. */
  readonly moderators: number;
  readonly random: Random;
}

const isOfModerators = (kind: Kind): boolean => kind === 'pin' || kind === 'unpin';

const placed = (seconds: number, random: Random): Pick<Choice, 'place' | 'message' | 'detail' | 'atMs'> => ({
  place: random(),
  message: random(),
  detail: random(),
  atMs: random() * seconds * 1_000,
});

export const choose = ({ seconds, rate, people, moderators, random }: ChoiceOptions): Choice[] => {
  const personFor = (kind: Kind): number =>
    Math.floor(random() * (isOfModerators(kind) && random() < 0.7 ? moderators : people));
  const choices = Array.from({ length: seconds * rate }, (_, n) => {
    const kind = oneOf(bag, random);
    return { n, kind, person: personFor(kind), ...placed(seconds, random) };
  });
  return choices.sort((a, b) => a.atMs - b.atMs);
};

export const emoji = ['👍', '🎉', '❤️', '👀', '🚀', '😀'] as const;
