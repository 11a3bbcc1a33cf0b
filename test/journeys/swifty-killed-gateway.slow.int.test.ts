// A gateway is killed while it holds devices: what others see of them, what is kept, and how they find it again.
import { eventually, startStack } from '@parley/testing';
import type { Stack } from '@parley/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask } from '../clients/http.js';
import { aDevice, connect, direct, topicCall, toTopic } from '../clients/swifty.js';
import type { Device } from '../clients/swifty.js';

const leaseMs = 2_000;
/** The lease, the time until it is looked at, and some for a busy machine. */
const freeWithinMs = 10_000;

let stack: Stack;
let urls: readonly [dying: string, living: string];
beforeAll(async () => {
  stack = await startStack({ scale: { gateway: 2 }, environment: { PARLEY_PRESENCE_LEASE_MS: `${leaseMs}` } });
  urls = [stack.urls[0] ?? '', stack.urls[1] ?? ''];
});
afterAll(() => stack.stop());

const isListed = async ({ uuid }: Device) =>
  uuid in ((await ask('GET', `${urls[1]}/clients`)).body as { clients: object }).clients;
const statusOf = async ({ token }: Device, msgid: string) =>
  ((await ask('GET', `${urls[1]}/messages/${msgid}/status?token=${token}`)).body as { status: string }).status;

test('devices of a killed gateway are free within the lease; what is said to them waits and comes in order', async () => {
  const [dying, living] = urls;
  const [alice, bob, carol, dave] = [
    await aDevice(living),
    await aDevice(dying),
    await aDevice(dying),
    await aDevice(dying),
  ];
  await topicCall(living, 'create', alice, 'after-the-kill');
  for (const one of [alice, bob]) await topicCall(living, 'subscribe', one, 'after-the-kill');
  using a = await connect(living, alice);
  const held = [await connect(dying, bob), await connect(dying, carol)];
  using older = await connect(living, dave);
  const newer = await connect(dying, dave);
  const mallory = await aDevice(living, 'Mallory', carol.uuid);
  using m = await connect(living, mallory);
  a.send(direct(alice, carol, { content: 'to Carol' }));
  await held[1]?.waitFor(({ content }) => content === 'to Carol');
  await a.waitFor('sent');

  await stack.processes.get('gateway-1')?.kill('SIGKILL');
  await Promise.all([...held, newer].map(({ closed }) => closed));
  const said: string[] = [];
  const say = async (to: Device) => {
    const message = direct(alice, to, { msgno: said.length + 1 });
    a.send(message);
    await a.waitFor(({ msgid }) => msgid === message.msgid);
    said.push(message.msgid);
  };
  // Right after the kill its sender may still get `sent`.
  await say(bob);
  await eventually(async () => expect(await isListed(bob)).toBe(false), { withinMs: freeWithinMs });
  await say(bob);
  a.send(direct(alice, bob, { msgno: 3 }));
  expect(await a.waitFor('error')).toMatchObject({ message: `Recipient ${bob.uuid} not connected` });
  expect(await Promise.all(said.map((msgid) => statusOf(alice, msgid)))).toEqual(['pending', 'pending']);
  // A younger account with the uuid of one that the dead gateway held is reached once that one counts as gone, and by then only.
  await eventually(
    async () => {
      a.send(direct(alice, carol, { content: 'to whoever is there' }));
      await m.waitFor(({ content }) => content === 'to whoever is there', 500);
    },
    { withinMs: freeWithinMs },
  );
  expect(m.received.some(({ content }) => content === 'to Carol')).toBe(false);

  // Bob comes back with the token that he has, and receives everything once and in order, and his topics.
  using b = await connect(living, bob);
  await b.waitFor(({ msgno }) => msgno === 3);
  a.send(toTopic(alice, 'after-the-kill', { msgno: 4 }));
  await b.waitFor(({ msgno }) => msgno === 4);
  expect(b.received.map(({ msgno }) => msgno)).toEqual([undefined, 1, 2, 3, 4]);
  for (const msgid of said) await eventually(async () => expect(await statusOf(alice, msgid)).toBe('delivered'));

  // Dave's older connection receives again when its gateway knows that the newer one is gone.
  await eventually(async () => expect(await isListed(dave)).toBe(true), { withinMs: freeWithinMs });
  a.send(direct(alice, dave, { msgno: 5 }));
  await older.waitFor(({ msgno }) => msgno === 5);
  await stack.processes.get('gateway-1')?.start();
});
