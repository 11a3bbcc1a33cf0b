// The rule of pages and entries: whatever order they arrive in, the messages are those that a reader of the whole log has.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { complete, fold, messageIdOf } from '../entries.js';
import type { Entry, Message, MessagePage } from '../types.js';
import { MessageWindow } from './message-window.js';

const me = 'me';
const emojis = ['👍', '🎉'];

/** What may happen next in a channel; `at` names one of the messages so far. */
const step = fc.record({
  kind: fc.constantFrom('create', 'create', 'reply', 'edit', 'delete', 'react', 'unreact', 'pin', 'unpin'),
  at: fc.nat(),
  emoji: fc.constantFrom(...emojis),
  isMine: fc.boolean(),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** A channel as the server has it: its log, and the current form of each message. */
class Server {
  readonly log: Entry[] = [];
  readonly #reactions = new Map<string, Set<string>>();
  messages: Message[] = [];
  /** Every form that each message has had, as JSON. */
  readonly forms = new Map<string, string[]>();

  get head(): number {
    return this.log.length;
  }

  take({ kind, at, emoji, isMine }: Step): void {
    const sequence = this.head + 1;
    const target = this.messages[at % Math.max(1, this.messages.length)];
    if (kind === 'create' || !target) return this.#append(this.#created(sequence, null));
    if (kind === 'reply') return this.#append(this.#created(sequence, target));
    const change = {
      channelId: 'c',
      sequence,
      messageId: target.id,
      messageSequence: target.sequence,
      actor: { id: isMine ? me : 'other', name: '' },
      at: `t${sequence}`,
    };
    if (target.deletedAt) return;
    if (kind === 'edit') {
      const content = { type: 'text', text: `edit ${sequence}` } as const;
      return this.#append({ kind: 'message.edited', ...change, content, mentions: { accountIds: [], channel: false } });
    }
    if (kind === 'delete') return this.#append({ kind: 'message.deleted', ...change, thread: null });
    if (kind === 'pin' || kind === 'unpin') return this.#append({ kind: `message.${kind}ned`, ...change });
    const who = this.#reactions.get(`${target.id} ${emoji}`) ?? new Set<string>();
    this.#reactions.set(`${target.id} ${emoji}`, who);
    if (kind === 'react') who.add(change.actor.id);
    else if (!who.delete(change.actor.id)) return;
    this.#append({ kind: kind === 'react' ? 'reaction.added' : 'reaction.removed', ...change, emoji, count: who.size });
  }

  /** A page in the current form. */
  page(messages: readonly Message[], more: boolean): MessagePage {
    return { messages, more, head: this.head, floor: 0 };
  }

  before(sequence: number, limit: number): MessagePage {
    const earlier = this.#shown.filter((message) => message.sequence < sequence);
    return this.page(earlier.slice(-limit), earlier.length > limit);
  }

  after(sequence: number, limit: number): MessagePage {
    const later = this.#shown.filter((message) => message.sequence > sequence);
    return this.page(later.slice(0, limit), later.length > limit);
  }

  get #shown(): Message[] {
    return this.messages.filter(({ inChannel }) => inChannel);
  }

  #created(sequence: number, root: Message | null): Entry {
    const message = complete({
      id: `m${sequence}`,
      channelId: 'c',
      sequence,
      content: { type: 'text', text: `text ${sequence}` },
      threadRoot: root?.id ?? null,
      inChannel: !root || sequence % 2 === 0,
    });
    const thread = root && { rootId: root.id, replyCount: root.replyCount + 1, lastReplyAt: `t${sequence}` };
    return { kind: 'message.created', channelId: 'c', sequence, message, thread };
  }

  #append(entry: Entry): void {
    this.log.push(entry);
    this.messages = this.messages.map((message) => fold(message, entry, me));
    if (entry.kind === 'message.created') this.messages.push(entry.message);
    for (const message of this.messages) {
      const forms = this.forms.get(message.id) ?? [];
      const form = JSON.stringify(message);
      if (forms.at(-1) !== form) this.forms.set(message.id, [...forms, form]);
    }
  }
}

/** What a client does between two entries of the server. */
const action = fc.constantFrom('latest', 'around', 'before', 'after', 'receive', 'resume', 'nothing');

describe('a window of messages', () => {
  test('is equal to the log, in whatever order pages and entries arrive', () => {
    const property = fc.property(
      fc.array(fc.record({ step, action, late: fc.constantFrom(0, 0, 0, 0, 1, 2) }), { minLength: 1, maxLength: 80 }),
      fc.integer({ min: 1, max: 12 }),
      (moves, limit) => {
        const server = new Server();
        const window = new MessageWindow({ max: 1_000, accountId: () => me, accepts: ({ inChannel }) => inChannel });
        window.reset(server.page([], false));
        let received = 0;
        const reached = new Map<string, number>();
        const receive = (upTo: number): void => {
          for (; received < upTo; received += 1) apply(server.log[received]);
        };
        const apply = (entry: Entry | undefined): void => void (entry && window.apply(entry));
        for (const { step: next, action: what, late } of moves) {
          server.take(next);
          // The page is made now; entries may be received before it arrives, and some of them only after it.
          const place = placing(server, window, what, limit);
          const from = received;
          receive(Math.min(server.head, received + late));
          if (place) {
            place();
            for (const entry of server.log.slice(from, received)) apply(entry);
          }
          if (what === 'receive') receive(server.head);
          // A resumed stream may repeat what was received.
          if (what === 'resume') for (const entry of server.log.slice(0, received)) apply(entry);
          neverBack(server, window, reached);
        }
        receive(server.head);
        const shown = server.messages.filter(({ inChannel }) => inChannel);
        const first = window.messages[0]?.sequence ?? Infinity;
        const last = window.hasAfter ? (window.messages.at(-1)?.sequence ?? 0) : Infinity;
        expect(window.messages).toEqual(shown.filter(({ sequence }) => sequence >= first && sequence <= last));
        if (!window.hasBefore && !window.hasAfter) expect(window.messages).toEqual(shown);
      },
    );
    fc.assert(property, { numRuns: 400 });
  });

  test('holds a bounded number of messages, and knows what it dropped', () => {
    const server = new Server();
    const window = new MessageWindow({ max: 10, accountId: () => me, accepts: () => true });
    window.reset(server.page([], false));
    for (let n = 0; n < 25; n += 1) {
      server.take({ kind: 'create', at: 0, emoji: '👍', isMine: true });
      window.apply(server.log[n] as Entry);
    }
    expect(window.messages.map(messageSequence)).toEqual(server.messages.slice(-10).map(messageSequence));
    expect(window.hasBefore).toBe(true);
    window.prepend(server.before(window.first, 5));
    expect(window.messages.map(messageSequence)).toEqual(server.messages.slice(10, 20).map(messageSequence));
    expect(window.hasAfter).toBe(true);
  });

  test('an entry for a message that is not here changes nothing', () => {
    const server = new Server();
    for (const kind of ['create', 'create', 'create'] as const) server.take({ kind, at: 0, emoji: '👍', isMine: true });
    const window = new MessageWindow({ max: 10, accountId: () => me, accepts: () => true });
    const page = server.before(Infinity, 2);
    window.reset(page, true);
    server.take({ kind: 'edit', at: 0, emoji: '👍', isMine: true });
    const [edit] = server.log.slice(-1);
    expect(edit && messageIdOf(edit)).toBe('m1');
    expect(edit && window.apply(edit)).toBe(false);
    expect(window.messages).toEqual(page.messages);
  });
});

const messageSequence = ({ sequence }: Message): number => sequence;

/** Asks for a page now, and returns what puts it into the window. */
const placing = (server: Server, window: MessageWindow, what: string, limit: number): (() => void) | null => {
  if (what === 'latest') {
    const page = server.before(Infinity, limit);
    return () => window.reset(page, page.more);
  }
  if (what === 'around') {
    const page = server.after(server.head >> 1, limit);
    return () => window.reset(page, true, page.more);
  }
  if (what === 'before' && window.hasBefore) {
    const page = server.before(window.first, limit);
    return () => window.prepend(page);
  }
  if (what === 'after' && window.hasAfter) {
    const page = server.after(window.last, limit);
    return () => window.append(page);
  }
  return null;
};

/** No message takes an earlier form than it has had here. */
const neverBack = (server: Server, window: MessageWindow, reached: Map<string, number>): void => {
  for (const message of window.messages) {
    const before = reached.get(message.id) ?? 0;
    const now = server.forms.get(message.id)?.indexOf(JSON.stringify(message), before) ?? -1;
    expect(now).toBeGreaterThanOrEqual(before);
    reached.set(message.id, now);
  }
};
