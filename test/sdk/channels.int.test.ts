// Channel objects of the SDK against a real gateway: what a timeline shows, and what its users do.
import type { LiveChannel, ParleyClient, Timeline, TimelineMessage } from '@parley/client';
import { eventually } from '@parley/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { breakConnection } from '../journeys/broken-connection.js';
import { type Settled, startWith } from '../options/platform.js';
import { clientsOf, newAccount } from './clients.js';

let parley: Settled;
beforeAll(async () => {
  parley = await startWith();
});
afterAll(() => parley.stop());
const clientOf = clientsOf(() => parley.url);

const connected = async (url = parley.url): Promise<ParleyClient> => {
  const { client } = clientOf({ url, tokens: (await newAccount(parley.url)).grant });
  await client.connect();
  return client;
};

/** A group of two, its owner first. */
const groupOf = async (bobsUrl?: string): Promise<{ ada: ParleyClient; bob: ParleyClient; id: string }> => {
  const [ada, bob] = [await connected(), await connected(bobsUrl)];
  const { id } = await ada.rest.createChannel({ kind: 'group', title: 'Two' });
  await ada.rest.putMember(id, bob.accountId ?? '');
  return { ada, bob, id };
};

const textOf = ({ content }: Pick<TimelineMessage, 'content'>): string => (content.type === 'text' ? content.text : '');
const texts = (timeline: Timeline): string[] => timeline.items.map(textOf);
/** Follows a channel until the test ends. */
const watch = (channel: LiveChannel): void => void channel.messages.subscribe(() => {});
const idOf = async (channel: LiveChannel, text: string): Promise<string> => {
  const { id } = await channel.send(text).sent;
  return id;
};

test('a message is in the timeline at once, and the same item when it is stored', async () => {
  const { ada, id } = await groupOf();
  const channel = ada.channel(id);
  watch(channel);
  await eventually(() => channel.messages.isLive);
  const local = channel.send('hello');
  const [sending] = channel.messages.items;
  expect(sending).toMatchObject({ id: null, state: 'sending', isOwn: true, content: { text: 'hello' } });
  const sent = await local.sent;
  await eventually(() => channel.messages.items[0]?.id === sent.id);
  expect(channel.messages.items).toEqual([
    expect.objectContaining({ key: sending?.key, id: sent.id, sequence: sent.sequence, state: 'sent' }),
  ]);
});

test('edits, deletions, reactions and pins are shown at once, and to others', async () => {
  const { ada, bob, id } = await groupOf();
  const [mine, his] = [ada.channel(id), bob.channel(id)];
  watch(mine);
  watch(his);
  const [first, second] = [await idOf(mine, 'one'), await idOf(mine, 'two')];
  const isStored = ({ messages }: LiveChannel) => messages.items.filter(({ id: each }) => each !== null).length === 2;
  await eventually(() => isStored(mine) && isStored(his));
  const editing = mine.edit(first, 'uno');
  expect(mine.messages.items[0]).toMatchObject({ content: { text: 'uno' }, isChanging: true });
  await editing;
  await Promise.all([his.react(first, '👍'), mine.react(first, '👍'), mine.pin(first), mine.delete(second)]);
  const shape = ({ messages }: LiveChannel) =>
    messages.items.map((item) => ({
      text: textOf(item),
      isEdited: item.editedAt !== null,
      isDeleted: item.deletedAt !== null,
      isPinned: item.pinnedAt !== null,
      reactions: item.reactions,
      isChanging: item.isChanging,
    }));
  const same = { isChanging: false };
  const expected = [
    {
      ...same,
      text: 'uno',
      isEdited: true,
      isDeleted: false,
      isPinned: true,
      reactions: [{ emoji: '👍', count: 2, mine: true }],
    },
    { ...same, text: '', isEdited: false, isDeleted: true, isPinned: false, reactions: [] },
  ];
  await expect.poll(() => shape(mine), { timeout: 15_000 }).toEqual(expected);
  await expect.poll(() => shape(his), { timeout: 15_000 }).toEqual(expected);
  const fresh = await connected();
  await ada.rest.putMember(id, fresh.accountId ?? '');
  const late = fresh.channel(id);
  await late.messages.jumpTo('latest');
  expect(shape(late)).toEqual(
    shape(mine).map((each) => ({ ...each, reactions: each.reactions.map((r) => ({ ...r, mine: false })) })),
  );
});

test('a refused change is taken back', async () => {
  const { ada, bob, id } = await groupOf();
  const his = bob.channel(id);
  watch(his);
  const first = await idOf(ada.channel(id), 'mine');
  await eventually(() => texts(his.messages).length === 1);
  const editing = his.edit(first, 'his');
  expect(texts(his.messages)).toEqual(['his']);
  await expect(editing).rejects.toMatchObject({ code: 'forbidden', reason: 'not_sender' });
  expect(texts(his.messages)).toEqual(['mine']);
});

test('unread, mentions and the last message follow the channel', async () => {
  const { ada, bob, id } = await groupOf();
  const his = bob.channel(id);
  his.unread.subscribe(() => {});
  await eventually(() => his.status.value.name === 'live');
  const mine = ada.channel(id);
  await mine.send('one').sent;
  await mine.send('two').sent;
  await expect.poll(() => his.unread.value.count).toBe(2);
  await his.markRead();
  expect(his.unread.value.count).toBe(0);
  await mine.send('three').sent;
  await expect.poll(() => [his.unread.value.count, his.last.value && textOf(his.last.value)]).toEqual([1, 'three']);
  await his.send('four').sent;
  await expect.poll(() => his.unread.value.count).toBe(0);
});

test('after a lost connection the timeline is what it would have been', async () => {
  await using proxy = await breakConnection(parley.url);
  const { ada, bob, id } = await groupOf(proxy.url);
  const [mine, his] = [ada.channel(id), bob.channel(id)];
  watch(mine);
  watch(his);
  const first = await idOf(mine, 'one');
  await eventually(() => texts(his.messages).length === 1);
  proxy.cut();
  await mine.edit(first, 'uno');
  await mine.send('two').sent;
  await expect.poll(() => texts(his.messages), { timeout: 15_000 }).toEqual(['uno', 'two']);
});

test('a timeline loads pages in both directions, and jumps', async () => {
  const { ada, bob, id } = await groupOf();
  for (let n = 1; n <= 30; n += 1) await ada.send(id, `m${n}`);
  const { messages } = bob.channel(id);
  const stop = messages.subscribe(() => {});
  await messages.jumpTo({ sequence: 10 });
  expect(messages.items.some((item) => textOf(item) === 'm10')).toBe(true);
  await messages.jumpTo('latest');
  while (messages.hasBefore) await messages.loadBefore(10);
  expect(texts(messages)).toEqual(Array.from({ length: 30 }, (_, n) => `m${n + 1}`));
  stop();
});

test('a thread has the replies of a message, and counts them at its root', async () => {
  const { ada, bob, id } = await groupOf();
  const [mine, his] = [ada.channel(id), bob.channel(id)];
  watch(mine);
  const root = await idOf(mine, 'root');
  const thread = his.thread(root);
  thread.subscribe(() => {});
  await eventually(() => thread.isLive);
  await mine.thread(root).send('reply').sent;
  await expect.poll(() => texts(thread), { timeout: 15_000 }).toEqual(['reply']);
  expect(thread.unread.value.count).toBe(1);
  await expect.poll(() => mine.messages.items.map((item) => [textOf(item), item.replyCount])).toEqual([['root', 1]]);
  await thread.markRead();
  expect(thread.unread.value.count).toBe(0);
});

test('a direct channel has its messages, and the list shows both kinds', async () => {
  const { ada, bob, id } = await groupOf();
  const list = bob.channels;
  list.subscribe(() => {});
  await expect.poll(() => list.value.map((item) => item.id)).toEqual([id]);
  const direct = await ada.direct(bob.accountId ?? '');
  await direct.send('psst').sent;
  const shape = () => list.value.map(({ kind, unread, last }) => [kind, unread, last && textOf(last)]);
  await expect.poll(shape, { timeout: 15_000 }).toEqual([
    ['direct', 1, 'psst'],
    ['group', 0, null],
  ]);
  await ada.channel(id).send('news').sent;
  await expect.poll(shape, { timeout: 15_000 }).toEqual([
    ['group', 1, 'news'],
    ['direct', 1, 'psst'],
  ]);
});

test('a client that was away for long has the same timeline as one that stayed, without reading what lies between', async () => {
  await using proxy = await breakConnection(parley.url);
  const { ada, bob, id } = await groupOf(proxy.url);
  const [mine, his] = [ada.channel(id), bob.channel(id)];
  watch(mine);
  watch(his);
  const first = await idOf(mine, 'm0');
  await eventually(() => texts(his.messages).length === 1);
  proxy.hold();
  await mine.edit(first, 'first');
  // More than a timeline holds.
  for (let n = 1; n <= 600; n += 100) {
    await Promise.all(Array.from({ length: 100 }, (_, k) => ada.send(id, `m${n + k}`)));
  }
  proxy.cut();
  proxy.release();
  const last = () => mine.messages.items.slice(-50).map(({ id: each }) => each);
  await expect
    .poll(() => his.messages.items.slice(-50).map(({ id: each }) => each), { timeout: 60_000 })
    .toEqual(last());
  expect(his.messages.hasBefore).toBe(true);
  await his.messages.jumpTo({ sequence: 1 });
  expect(texts(his.messages)[0]).toBe('first');
}, 180_000);

test('who receives is reported by itself, and who reads is seen by the sender', async () => {
  const { ada, bob, id } = await groupOf();
  const [mine, his] = [ada.channel(id), bob.channel(id)];
  watch(mine);
  watch(his);
  await eventually(() => his.messages.isLive);
  await mine.send('hello').sent;
  await expect.poll(() => mine.messages.items[0]?.state, { timeout: 15_000 }).toBe('delivered');
  await his.markRead();
  await expect.poll(() => mine.messages.items[0]?.state, { timeout: 15_000 }).toBe('read');
  expect(mine.receipts.value.get(bob.accountId ?? '')).toMatchObject({ read: 1 });
});

test('two devices of one account agree on what is read', async () => {
  const { ada, id } = await groupOf();
  const account = await newAccount(parley.url);
  await ada.rest.putMember(id, account.grant.account.id);
  const [phone, laptop] = [
    clientOf({ tokens: account.grant }).client,
    clientOf({ tokens: await account.again() }).client,
  ];
  await Promise.all([phone.connect(), laptop.connect()]);
  const channels = [phone.channel(id), laptop.channel(id)] as const;
  for (const channel of channels) channel.unread.subscribe(() => {});
  await eventually(() => channels.every(({ status }) => status.value.name === 'live'));
  await ada.channel(id).send('news').sent;
  await expect.poll(() => channels.map(({ unread }) => unread.value.count)).toEqual([1, 1]);
  await channels[0].markRead();
  await expect.poll(() => channels.map(({ unread }) => unread.value.count)).toEqual([0, 0]);
});

test('typing is shown, and ends with the message', async () => {
  const { ada, bob, id } = await groupOf();
  const [mine, his] = [ada.channel(id), bob.channel(id)];
  his.typing.subscribe(() => {});
  watch(mine);
  await eventually(() => his.status.value.name === 'live' && mine.messages.isLive);
  const shown = () => {
    // As at each key press: a notification of this kind is not repeated when it gets lost.
    mine.sendTyping();
    return his.typing.value.map((account) => account.id);
  };
  await expect.poll(shown).toEqual([ada.accountId]);
  await mine.send('done').sent;
  await expect.poll(() => his.typing.value).toEqual([]);
});

test('presence of a channel and of an account', async () => {
  const { ada, bob, id } = await groupOf();
  const presence = ada.channel(id).presence;
  presence.subscribe(() => {});
  const ofBob = ada.presence.of(bob.accountId ?? '');
  ofBob.subscribe(() => {});
  await expect.poll(() => presence.value.accounts.get(bob.accountId ?? '')?.state, { timeout: 15_000 }).toBe('online');
  await bob.presence.set('away');
  await expect.poll(() => ofBob.value.state, { timeout: 15_000 }).toBe('away');
  await bob.close();
  await expect.poll(() => presence.value.accounts.get(bob.accountId ?? '')?.state, { timeout: 15_000 }).toBe('offline');
});

test('an iterator yields the present value and the newest ones', async () => {
  const { ada, id } = await groupOf();
  const channel = ada.channel(id);
  const seen: string[][] = [];
  for await (const items of channel.messages) {
    seen.push(items.map(textOf));
    if (seen.length === 1) void channel.send('one');
    if (items.some((item) => item.state === 'sent')) break;
  }
  expect(seen.at(0)).toEqual([]);
  expect(seen.at(-1)).toEqual(['one']);
});

test('a removed member sees that the channel is refused', async () => {
  const { ada, bob, id } = await groupOf();
  const his = bob.channel(id);
  watch(his);
  await eventually(() => his.messages.isLive);
  await ada.rest.removeMember(id, bob.accountId ?? '');
  await expect
    .poll(() => his.status.value, { timeout: 15_000 })
    .toMatchObject({ name: 'refused', error: { code: 'forbidden' } });
  await ada.rest.putMember(id, bob.accountId ?? '');
  await expect.poll(() => his.status.value.name, { timeout: 15_000 }).toBe('live');
});
