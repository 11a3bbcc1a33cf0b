import { randomUUID } from 'node:crypto';
import type { AccountPrincipal, ChannelId, Entry, Message } from '@parley/contracts';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Given, givenChat, says } from './testing/fixtures.js';
import { FoldedChannel, comparable } from './testing/fold.js';

let given: Given;
let people: AccountPrincipal[];
beforeAll(async () => {
  given = await givenChat({ replicas: 2 });
  people = [await given.account('ada'), await given.account('bob'), await given.account('eve')];
});
afterAll(() => given[Symbol.asyncDispose]());

const emojis = ['👍', '🎉', '❤️'];

const step = fc.record({
  kind: fc.constantFrom(
    ...['send', 'send', 'reply', 'edit', 'delete', 'react', 'react', 'unreact', 'pin', 'unpin'],
    ...['page', 'entries'],
  ),
  who: fc.nat(2),
  /** Of the messages so far, from the last one. */
  which: fc.nat(4),
  emoji: fc.nat(emojis.length - 1),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
/** Steps of one group are taken at the same time. */
const steps = fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { minLength: 4, maxLength: 14 });

const aChannel = async (): Promise<ChannelId> => {
  const { id } = await given.topics.channel('group', people);
  for (const { accountId } of people) await given.topics.setRole(id, accountId, 'owner');
  return id;
};

/** What clients read of the channel, in the order in which they read it. */
interface Reading {
  readonly pages: { readonly at: number; readonly messages: Message[]; readonly head: number }[];
  /** Every entry once, as it was when it was read. */
  readonly entries: Entry[];
}

const readEntries = async (channelId: ChannelId, reading: Reading): Promise<void> => {
  for (let more = true; more;) {
    const after = reading.entries.at(-1)?.sequence ?? 0;
    const page = await given.chat.channel.entries({ channelId, after, limit: 7 }, given.system);
    // Another reader of the same group may have been faster.
    reading.entries.push(...page.entries.filter(({ sequence }) => sequence > (reading.entries.at(-1)?.sequence ?? 0)));
    ({ more } = page);
  }
};

const take = async (channelId: ChannelId, known: Message[], reading: Reading, taken: Step): Promise<void> => {
  const principal = people[taken.who]!;
  const { message: chat } = given.chat;
  const target = known.at(-1 - taken.which) ?? known[0];
  if (taken.kind === 'entries') return readEntries(channelId, reading);
  if (taken.kind === 'page') {
    const around = target?.sequence ?? 1;
    const page = await chat.list({ channelId, around, limit: 6 }, given.system);
    reading.pages.push({ ...page, at: reading.entries.length });
    return;
  }
  if (taken.kind === 'send' || target === undefined) {
    const sent = await chat.send({ target: { channelId }, clientId: randomUUID(), content: says('x') }, { principal });
    known.push(sent.message);
    return;
  }
  if (taken.kind === 'reply') {
    const threadRoot = target.threadRoot ?? target.id;
    const input = { target: { channelId }, clientId: randomUUID(), content: says('r'), threadRoot };
    known.push((await chat.send({ ...input, alsoInChannel: taken.emoji === 0 }, { principal })).message);
    return;
  }
  const input = { messageId: target.id, clientId: randomUUID() };
  const emoji = emojis[taken.emoji]!;
  const changes: Record<string, () => Promise<unknown>> = {
    edit: () => chat.edit({ ...input, content: says(randomUUID()) }, { principal }),
    delete: () => chat.delete(input, { principal }),
    react: () => chat.react({ ...input, emoji }, { principal }),
    unreact: () => chat.unreact({ ...input, emoji }, { principal }),
    pin: () => chat.pin(input, { principal }),
    unpin: () => chat.unpin(input, { principal }),
  };
  await changes[taken.kind]!().catch((error: unknown) => {
    expect(['not_sender', 'message_deleted']).toContain((error as { reason?: string }).reason);
  });
};

test('clients that stayed, resumed or loaded a page at any moment show what the store has', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (groups) => {
      const channelId = await aChannel();
      const known: Message[] = [];
      const reading: Reading = { pages: [], entries: [] };
      for (const group of groups) await Promise.all(group.map((one) => take(channelId, known, reading, one)));
      await readEntries(channelId, reading);
      expect(reading.entries.map(({ sequence }) => sequence)).toEqual(reading.entries.map((_, n) => n + 1));

      const stored = new Map<string, Message>();
      for (const { id } of known) {
        const message = await given.chat.message.get({ messageId: id }, { principal: people[0]! });
        stored.set(id, comparable(message));
      }
      const stayed = new FoldedChannel();
      for (const entry of reading.entries) stayed.apply(entry, true);
      expect(stayed.messages).toEqual([...stored.values()].sort((a, b) => a.sequence - b.sequence));

      for (const page of reading.pages) {
        // Entries that were read before the page, those that it has already and later ones, as they come over a connection.
        const loaded = new FoldedChannel();
        loaded.addPage(page);
        for (const entry of reading.entries) loaded.apply(entry, false);
        expect(loaded.messages).toEqual(loaded.messages.map(({ id }) => stored.get(id)));
      }
    }),
    { numRuns: 25 },
  );
}, 180_000);
