import type { AccountId, Message } from '@parley/contracts';
import { z } from 'zod';
import { EntryView } from '../entry-shapes.js';
import { MessageView, messageView } from '../message-shapes.js';
import { numberBetween } from './queries.js';

// Pages of messages and of entries, and where in a stream they are.

export const Sequence = numberBetween(0, Number.MAX_SAFE_INTEGER);

/** `head`: the sequence up to which every change is part of these messages. */
export const MessagePage = z.object({
  messages: z.array(MessageView),
  /** In the direction in which the page was read. */
  more: z.boolean(),
  moreBefore: z.boolean(),
  moreAfter: z.boolean(),
  head: z.int(),
  floor: z.int(),
});

export const EntryPage = z.object({
  entries: z.array(EntryView),
  more: z.boolean(),
  head: z.int(),
  floor: z.int(),
});

export interface Position {
  readonly after?: number | undefined;
  readonly before?: number | undefined;
  readonly around?: number | undefined;
  readonly aroundTime?: string | undefined;
}

/** At most one of the positions is given. */
export const isOnePosition = ({ after, before, around, aroundTime }: Position): boolean =>
  [after, before, around, aroundTime].filter((each) => each !== undefined).length <= 1;

/** The position and the size, for a call. */
export const placeOf = ({ after, before, around, aroundTime, limit }: Position & { readonly limit: number }) => ({
  limit,
  ...(after !== undefined && { after }),
  ...(before !== undefined && { before }),
  ...(around !== undefined && { around }),
  ...(aroundTime !== undefined && { aroundTime }),
});

interface Page {
  readonly messages: readonly Message[];
  readonly more: boolean;
  readonly moreBefore?: boolean | undefined;
  readonly moreAfter?: boolean | undefined;
  readonly head: number;
  readonly floor: number;
}

/** A page as chat returned it; chat of the previous release says only whether there is more in the direction of the page. */
export const messagePageView = (
  { messages, more, moreBefore, moreAfter, head, floor }: Page,
  { after, before }: Position,
  reader: AccountId,
): z.infer<typeof MessagePage> => ({
  messages: messages.map((each) => messageView(each, reader)),
  more,
  moreBefore: moreBefore ?? (after === undefined ? more : after > floor),
  moreAfter: moreAfter ?? (after === undefined ? before !== undefined : more),
  head,
  floor,
});
