// Gateways that refuse a connection say for how long, and the SDK waits so long for that gateway and no longer for others.
import { eventually } from '@parley/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Settled, startWith } from '../options/platform.js';
import { type TestClient, clientsOf, newAccount, withBadAccess } from './clients.js';
import { observedSockets } from './observed-socket.js';

/** What a gateway that refuses an upgrade writes into `Retry-After`. */
const refusedMs = 2_000;

let parley: Settled;
beforeAll(async () => {
  parley = await startWith({ PARLEY_V1_REALMS: 'mesh' });
});
afterAll(() => parley.stop());
const clientOf = clientsOf(() => parley.url);

const account = () => newAccount(parley.url);
const waits = ({ states }: TestClient) => states.filter((state) => state.name === 'waiting');

test('a full gateway is asked again after the time that it names, and lets in who waited', async () => {
  const { url } = await parley.gateway({ PARLEY_CONNECTIONS_MAX: '1' });
  const [first, second] = [await account(), await account()];
  const inside = clientOf({ url, tokens: first.grant });
  await inside.client.connect();
  const outside = clientOf({ url, tokens: second.grant });
  const connecting = outside.client.connect();
  await eventually(() => waits(outside).length > 0);
  expect(waits(outside)[0]).toMatchObject({ cause: 'gateway_full' });
  expect(waits(outside)[0]?.retryInMs).toBeGreaterThanOrEqual(refusedMs);
  await inside.client.close();
  await connecting;
});

test('a platform that does not show why a handshake was refused backs off by itself', async () => {
  const { url } = await parley.gateway({ PARLEY_CONNECTIONS_MAX: '1' });
  await clientOf({ url, tokens: (await account()).grant }).client.connect();
  // Shows as little as a browser.
  const { webSocket } = observedSockets();
  const outside = clientOf({ url, tokens: (await account()).grant, webSocket });
  await expect(outside.client.connect({ deadlineMs: 200 })).rejects.toMatchObject({ reason: 'connect_deadline' });
  expect(waits(outside)[0]).toMatchObject({ cause: 'unreachable' });
});

test('of several gateways a full one does not keep from the next', async () => {
  const full = await parley.gateway({ PARLEY_CONNECTIONS_MAX: '1' });
  await clientOf({ url: full.url, tokens: (await account()).grant }).client.connect();
  const outside = clientOf({ url: [full.url, parley.url], tokens: (await account()).grant });
  await outside.client.connect();
  expect(waits(outside)).toMatchObject([{ cause: 'gateway_full' }]);
  expect(waits(outside)[0]?.retryInMs).toBeLessThan(refusedMs);
});

test('an account that has too many connections waits until one of them has ended', async () => {
  const { url } = await parley.gateway({ PARLEY_CONNECTIONS_PER_ACCOUNT: '1' });
  const { grant, again } = await account();
  const inside = clientOf({ url, tokens: grant });
  await inside.client.connect();
  const outside = clientOf({ url, tokens: await again() });
  const connecting = outside.client.connect();
  await eventually(() => waits(outside).length > 0);
  expect(waits(outside)[0]).toMatchObject({ cause: 'too_many_connections' });
  expect(waits(outside)[0]?.retryInMs).toBeGreaterThanOrEqual(refusedMs);
  await inside.client.close();
  await connecting;
});

test('a gateway that drains sends its clients elsewhere, and refuses others for a while', async () => {
  const leaving = await parley.gateway({ PARLEY_DRAIN_MS: '2500' });
  const inside = clientOf({ url: [leaving.url, parley.url], tokens: (await account()).grant });
  await inside.client.connect();
  const { id } = await inside.client.rest.createChannel({ kind: 'room', title: 'General' });
  await inside.client.attach(id);
  const author = clientOf({ tokens: (await account()).grant });
  await author.client.connect();
  await author.client.rest.join(id);
  const outside = clientOf({ url: leaving.url, tokens: (await account()).grant });
  const elsewhere = clientOf({ url: [leaving.url, parley.url], tokens: (await account()).grant });

  const stopped = leaving.stop();
  void outside.client.connect().catch(() => undefined);
  await Promise.all([
    eventually(() => waits(outside).length > 0),
    elsewhere.client.connect(),
    ...[1, 2, 3].map((n) => author.client.send(id, `m${n}`)),
  ]);
  expect(waits(outside)[0]).toMatchObject({ cause: 'restarting' });
  expect(waits(outside)[0]?.retryInMs).toBeGreaterThanOrEqual(refusedMs);
  expect(waits(elsewhere)[0]?.retryInMs).toBeLessThan(refusedMs);
  await stopped;
  await author.client.send(id, 'm4');
  await eventually(() => inside.channel.length === 4);
  expect(inside.channel).toEqual([1, 2, 3, 4].map((n) => expect.stringMatching(`^${n}:`) as string));
  expect(waits(inside)).toMatchObject([{ cause: expect.stringMatching(/^closed 1012/) as string }]);
});

test('while nobody can refresh, a client waits as long as the answer says and keeps its tokens', async () => {
  const { grant } = await account();
  const made = clientOf({ tokens: withBadAccess(grant) });
  const connecting = made.client.connect();
  await parley.without('auth', async () => {
    await eventually(() => waits(made).some(({ cause }) => cause === 'overloaded'));
    const error: unknown = await clientOf({ tokens: withBadAccess(grant) })
      .client.rest.me()
      .catch((each: unknown) => each);
    expect(error).toMatchObject({ code: 'unavailable', reason: 'overloaded' });
    const { retryAfterMs } = error as { retryAfterMs: number };
    expect(retryAfterMs).toBeGreaterThan(0);
    expect(waits(made).find(({ cause }) => cause === 'overloaded')?.retryInMs).toBeGreaterThanOrEqual(retryAfterMs);
  });
  await connecting;
  await expect(made.client.rest.me()).resolves.toMatchObject({ id: grant.account.id });
});

test('the frames of a burst that is too large are sent again at the pace of the server: none is lost or doubled', async () => {
  const { url } = await parley.gateway({ PARLEY_FRAMES_PER_SECOND: '30', PARLEY_FRAMES_BURST: '20' });
  const { webSocket, received } = observedSockets();
  const sender = clientOf({ url, tokens: (await account()).grant, webSocket });
  await sender.client.connect();
  const { id } = await sender.client.rest.createChannel({ kind: 'room', title: 'General' });
  await sender.client.attach(id);
  const texts = Array.from({ length: 80 }, (_, n) => `m${n}`);
  const sent = await Promise.all(texts.map((text) => sender.client.send(id, text)));
  expect(received.some(({ error }) => error?.data?.reason === 'too_many_frames')).toBe(true);
  expect(new Set(sent.map(({ sequence }) => sequence)).size).toBe(texts.length);
  await eventually(() => sender.channel.length === texts.length);
  expect(sender.channel.map((each) => each.split(':')[1]).sort()).toEqual([...texts].sort());
});
