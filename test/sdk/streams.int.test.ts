// What the SDK hands over from a real gateway: each message once and in order, wherever it left off.
import type { ParleyClient, Saved } from '@parley/client';
import { eventually } from '@parley/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { breakConnection } from '../journeys/broken-connection.js';
import { type Settled, startWith } from '../options/platform.js';
import { clientsOf, newAccount, numbered } from './clients.js';
import { type Frame, observedSockets } from './observed-socket.js';

let parley: Settled;
beforeAll(async () => {
  parley = await startWith();
});
afterAll(() => parley.stop());
const clientOf = clientsOf(() => parley.url);

const connected = async (options: Parameters<typeof clientOf>[0] = {}) => {
  const { grant } = await newAccount(parley.url);
  const made = clientOf({ tokens: grant, ...options });
  await made.client.connect();
  return { ...made, grant, id: grant.account.id };
};

/** An author with a room of its own, and somebody else who reads. */
const roomOf = async (options: Parameters<typeof clientOf>[0] = {}) => {
  const [author, reader] = [await connected(), await connected(options)];
  const { id: room } = await author.client.rest.createChannel({ kind: 'room', title: 'General' });
  await reader.client.rest.join(room);
  return { author: author.client, reader, room };
};

const sendAll = async (client: ParleyClient, target: Parameters<ParleyClient['send']>[0], from: number, to: number) => {
  for (let n = from; n <= to; n += 1) await client.send(target, `m${n}`);
};

test('a channel is received from now on, the inbox too', async () => {
  const { author, reader, room } = await roomOf();
  await sendAll(author, room, 1, 1);
  await expect(reader.client.attach(room)).resolves.toMatchObject({ channel: { id: room, kind: 'room' }, head: 1 });
  await sendAll(author, room, 2, 2);
  await sendAll(author, { directWith: reader.id }, 1, 1);
  await eventually(() => reader.channel.length > 0 && reader.inbox.length > 0);
  expect([reader.channel, reader.inbox]).toEqual([numbered(2, 2), numbered(1, 1)]);
});

test('each request says which trace it is part of, where the application knows', async () => {
  const { webSocket, sent } = observedSockets();
  const traceparents = ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', undefined];
  let trace: string | undefined;
  const { reader, room } = await roomOf({ webSocket, traceparent: () => trace });
  for (trace of traceparents) await reader.client.send(room, 'hello');
  const frames = sent.filter(({ method }) => method === 'message.send');
  expect(frames.map(({ traceparent }) => traceparent)).toEqual(traceparents);
});

test('doubles are dropped and what is out of order is put in order', async () => {
  const kept: Frame[] = [];
  const { webSocket } = observedSockets((frame) => {
    if (frame.method !== 'message.created') return [frame];
    kept.push(frame);
    return kept.length < 4 ? [] : [2, 0, 0, 3, 1, 2].flatMap((index) => kept[index] ?? []);
  });
  const { author, reader, room } = await roomOf({ webSocket });
  await reader.client.attach(room);
  await sendAll(author, room, 1, 4);
  await eventually(() => reader.channel.length >= 4);
  expect(reader.channel).toEqual(numbered(1, 4));
});

test('a push that was lost is noticed and asked for', async () => {
  let isLosing = true;
  const { webSocket } = observedSockets((frame) => (isLosing && frame.method === 'message.created' ? [] : [frame]));
  const { author, reader, room } = await roomOf({ webSocket });
  await reader.client.attach(room);
  await sendAll(author, room, 1, 2);
  isLosing = false;
  await sendAll(author, room, 3, 3);
  await eventually(() => reader.channel.length >= 3);
  expect(reader.channel).toEqual(numbered(1, 3));
});

test('on reset history is read page by page while new messages wait their turn', async () => {
  // As if retention or a long absence had put the rest out of reach of a replay.
  const quick = { PARLEY_FRAMES_PER_SECOND: '10000', PARLEY_FRAMES_BURST: '10000' };
  const { url } = await parley.gateway(quick, { replayMax: 2 });
  const { author, reader, room } = await roomOf({ url });
  const writer = clientOf({ url, tokens: (await newAccount(parley.url)).grant });
  await writer.client.connect();
  await writer.client.rest.join(room);
  const pageMax = 500;
  await Promise.all(numbered(1, pageMax + 20).map((text) => writer.client.send(room, text)));
  const attaching = reader.client.attach(room, { after: 0 });
  await author.send(room, 'last');
  await attaching;
  await eventually(() => reader.channel.length === pageMax + 21);
  expect(reader.channel.map((each) => Number(each.split(':')[0]))).toEqual(
    Array.from({ length: pageMax + 21 }, (_, index) => index + 1),
  );
  expect(reader.calls.filter((path) => path === `/v1/channels/${room}/messages`).length).toBeGreaterThan(1);
});

test('a message is acknowledged with its sequence, and its sender receives it', async () => {
  const { author, room } = await roomOf();
  const received: number[] = [];
  author.onMessage(({ message }) => received.push(message.sequence));
  await author.attach(room);
  await expect(author.send(room, 'm1')).resolves.toMatchObject({ channelId: room, sequence: 1, repeated: false });
  await eventually(() => received.length > 0);
  expect(received).toEqual([1]);
});

test('what is sent while the connection is opened goes out when it is there', async () => {
  const { id } = await connected();
  const { client } = clientOf({ tokens: (await newAccount(parley.url)).grant });
  const connecting = client.connect();
  const sending = client.send({ directWith: id }, 'hello');
  await connecting;
  await expect(sending).resolves.toMatchObject({ sequence: 1 });
});

test('a busy server is asked again, a refusal is final', async () => {
  const { author, reader, room } = await roomOf();
  const { id: closed } = await author.rest.createChannel({ kind: 'group', title: 'Others' });
  await expect(reader.client.send(closed, 'x')).rejects.toMatchObject({ code: 'forbidden', reason: 'not_member' });
  await author.rest.putMember(closed, reader.id);
  await author.rest.closeChannel(closed);
  await expect(reader.client.send(closed, 'x')).rejects.toMatchObject({ code: 'forbidden', reason: 'closed' });
  const { webSocket, received } = observedSockets();
  const sender = clientOf({ tokens: (await newAccount(parley.url)).grant, webSocket });
  await sender.client.connect();
  await sender.client.rest.join(room);
  const sending = await parley.without('chat', async () => {
    const under = sender.client.send(room, 'm1');
    await eventually(() => received.some(({ error }) => error?.data?.code === 'unavailable'));
    return { under };
  });
  await expect(sending.under).resolves.toMatchObject({ sequence: 1, repeated: false });
});

test('an attach that is refused says so, and a detached channel is received no more', async () => {
  const { author, reader, room } = await roomOf();
  const { id: group } = await author.rest.createChannel({ kind: 'group', title: 'Others' });
  await expect(reader.client.attach(group)).rejects.toMatchObject({ code: 'forbidden', reason: 'not_member' });
  await reader.client.attach(room);
  reader.client.detach(room);
  await sendAll(author, room, 1, 1);
  expect(reader.channel).toEqual([]);
  await reader.client.attach(room);
  await eventually(() => reader.channel.length > 0);
  expect(reader.channel).toEqual(numbered(1, 1));
});

test('another run goes on where the storage says', async () => {
  const { author, reader, room } = await roomOf();
  await sendAll(author, room, 1, 5);
  await sendAll(author, { directWith: reader.id }, 1, 3);
  let kept: Saved = { tokens: reader.grant, inbox: 1, channels: { [room]: 3 } };
  const storage = { load: () => kept, save: (saved: Saved) => void (kept = saved) };
  const { client, channel, inbox } = clientOf({ storage });
  await client.connect();
  await client.attach(room);
  await eventually(() => channel.length === 2 && inbox.length === 2);
  expect([channel, inbox]).toEqual([numbered(4, 5), numbered(2, 3)]);
  await eventually(() => kept.inbox === 3 && kept.channels?.[room] === 5);
});

test('another run goes on where a channel was attached, even if nothing came', async () => {
  let saved: Saved | null = null;
  const storage = { load: () => saved, save: (next: Saved) => void (saved = next) };
  const { author, reader, room } = await roomOf({ storage });
  await sendAll(author, room, 1, 1);
  await expect(reader.client.attach(room)).resolves.toMatchObject({ head: 1 });
  await reader.client.close();
  await sendAll(author, room, 2, 3);
  const next = clientOf({ storage });
  await next.client.connect();
  await next.client.attach(room);
  await sendAll(author, room, 4, 4);
  await eventually(() => next.channel.includes('4:m4'));
  expect(next.channel).toEqual(numbered(2, 4));
});

test('whoever is removed from a channel is notified, and asks for it no more', async () => {
  await using proxy = await breakConnection(parley.url);
  const { webSocket, sent } = observedSockets();
  const { author, reader, room } = await roomOf({ url: proxy.url, webSocket });
  const lost: unknown[] = [];
  const seen: unknown[] = [];
  reader.client.on('detached', (event) => lost.push(event));
  reader.client.on('memberRemoved', (event) => seen.push(event));
  await reader.client.attach(room);
  const other = await connected();
  await other.client.rest.join(room);
  await author.rest.removeMember(room, other.id);
  await eventually(() => seen.length > 0);
  expect(lost).toEqual([]);
  await author.rest.removeMember(room, reader.id);
  await eventually(() => lost.length > 0);
  expect(lost).toMatchObject([{ channelId: room, error: { code: 'forbidden', reason: 'not_member' } }]);
  const before = sent.length;
  proxy.cut();
  await eventually(() => sent.slice(before).some(({ method }) => method === 'session.resume'));
  const resume = sent.slice(before).find(({ method }) => method === 'session.resume');
  expect(resume?.params).toMatchObject({ channels: {} });
});

test('a stream that is shorter than what is known of it begins anew at its head', async () => {
  const { author, reader, room } = await roomOf();
  await sendAll(author, room, 1, 1);
  await reader.client.attach(room, { after: 40 });
  await sendAll(author, room, 2, 2);
  await eventually(() => reader.channel.length > 0);
  expect(reader.channel).toEqual(numbered(2, 2));
});

test('news are events, and what a newer server may say besides is left out', async () => {
  const { webSocket } = observedSockets((frame) =>
    frame.method === 'typing.started' ? [{ ...frame, method: 'something.newer' }, frame] : [frame],
  );
  const { author, reader, room } = await roomOf({ webSocket });
  const seen = new Map<string, object[]>();
  const third = await newAccount(parley.url);
  for (const name of ['typing', 'memberAdded', 'channelChanged'] as const)
    reader.client.on(name, (event) => seen.set(name, [...(seen.get(name) ?? []), event]));
  await reader.client.attach(room);
  await author.attach(room);
  author.typing(room);
  await author.rest.renameChannel(room, 'Renamed');
  await author.rest.putMember(room, third.grant.account.id);
  await eventually(() => {
    expect(seen.get('typing')).toMatchObject([{ channelId: room }]);
    expect(seen.get('channelChanged')).toMatchObject([{ channel: { id: room, title: 'Renamed' } }]);
    const added = { channelId: room, member: { accountId: third.grant.account.id } };
    expect(seen.get('memberAdded')).toContainEqual(
      expect.objectContaining({ ...added, member: expect.objectContaining(added.member) as object }),
    );
  });
});
