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
  readonly random: Random;
}

export const choose = ({ seconds, rate, people, random }: ChoiceOptions): Choice[] => {
  const choices = Array.from({ length: seconds * rate }, (_, n) => ({
    n,
    kind: oneOf(bag, random),
    person: Math.floor(random() * people),
    place: random(),
    message: random(),
    detail: random(),
    atMs: random() * seconds * 1_000,
  }));
  return choices.sort((a, b) => a.atMs - b.atMs);
};

export const emoji = ['👍', '🎉', '❤️', '👀', '🚀', '😀'] as const;
