// Processes whose time of day is not this host's: the shim of `npm run prove -- clocks`.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signUp } from '@parley/client';
import { type Stack, eventually, startStack } from '@parley/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { aDevice, connect, direct } from '../clients/swifty.js';

let folder: string;
let stack: Stack;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'parley-clocks-'));
  stack = await startStack({
    scale: { gateway: 2 },
    environment: {
      NODE_OPTIONS: `--import=${new URL('../dist/system/clocks/shifted-date.js', import.meta.url).href}`,
      SHIFTED_DATE_FOLDER: folder,
    },
  });
}, 60_000);
afterAll(async () => {
  await stack.stop();
  rmSync(folder, { recursive: true, force: true });
});

const processOf = (name: string) => {
  const found = stack.processes.get(name);
  if (!found) throw new Error(`No process ${name}`);
  return found;
};
/** What time of day the process takes it to be, within 100 ms and from its next start on. */
const shift = (name: string, ms: number): void =>
  writeFileSync(join(folder, new URL(processOf(name).healthUrl).port), String(ms));
const shiftTaken = (name: string): number =>
  Number(readFileSync(join(folder, `${new URL(processOf(name).healthUrl).port}.taken`), 'utf8'));
const restart = async (name: string): Promise<void> => {
  await processOf(name).kill('SIGKILL');
  await processOf(name).start();
};
const readiness = async (name: string) => {
  const answer = await fetch(`${processOf(name).healthUrl}/readyz`).catch(() => null);
  return answer && { status: answer.status, body: (await answer.json()) as object };
};
const me = (url: string, accessToken: string) =>
  fetch(`${url}/v1/me`, { headers: { authorization: `Bearer ${accessToken}` } });

test('a gateway that cannot authenticate because auth is away says so, and is ready when auth is back', async () => {
  const [url, otherUrl] = stack.urls as [string, string];
  const { accessToken } = await signUp({ url, username: 'clocks-ada', password: 'correct horse' });
  await processOf('auth-1').kill('SIGKILL');
  await processOf('gateway-2').kill('SIGKILL');
  const starting = processOf('gateway-2').start();
  await eventually(
    async () =>
      expect(await readiness('gateway-2')).toEqual({
        status: 503,
        body: { status: 'not ready', failing: expect.arrayContaining(['authentication']) as unknown },
      }),
    { withinMs: 15_000 },
  );
  await eventually(async () => expect((await me(otherUrl, accessToken)).status).toBe(503), { withinMs: 15_000 });
  await processOf('auth-1').start();
  await starting;
  expect((await me(otherUrl, accessToken)).status).toBe(200);
}, 60_000);

test.each([3_600_000, -3_600_000])(
  'with auth %i ms away from gateways, these are ready and take its tokens',
  async (ms) => {
    shift('auth-1', ms);
    for (const name of ['gateway-1', 'gateway-2']) shift(name, 0);
    await restart('auth-1');
    await Promise.all(['gateway-1', 'gateway-2'].map(restart));
    expect(await readiness('gateway-1')).toMatchObject({ status: 200 });
    const [url, otherUrl] = stack.urls as [string, string];
    const username = `clocks-${ms > 0 ? 'ahead' : 'behind'}`;
    const { accessToken } = await signUp({ url, username, password: 'correct horse' });
    for (const each of [url, otherUrl]) expect((await me(each, accessToken)).status).toBe(200);
  },
  60_000,
);

/** `older`, then `newer` connect as one device; which one receives from now on? */
const takesOver = async (olderUrl: string, newerUrl: string, says: string): Promise<void> => {
  const [alice, bob] = [await aDevice(olderUrl), await aDevice(olderUrl, 'Bob')];
  using a = await connect(newerUrl, alice);
  using older = await connect(olderUrl, bob);
  a.send(direct(alice, bob, { content: `${says} to the older` }));
  await older.waitFor(({ content }) => content === `${says} to the older`);
  using newer = await connect(newerUrl, bob);
  for (const n of [1, 2, 3]) {
    a.send(direct(alice, bob, { content: `${says} ${n}` }));
    await newer.waitFor(({ content }) => content === `${says} ${n}`);
  }
  // Alice's gateway is that of the newer connection; what a gateway receives it has written by the time of an answer.
  older.send({ type: 'nonsense' });
  await older.waitFor('error');
  expect(older.received.filter(({ content }) => String(content).startsWith(`${says} `))).toHaveLength(1);
};

test('of two connections on gateways whose clocks differ by 20 s the newest receives', async () => {
  shift('gateway-1', 20_000);
  shift('gateway-2', 0);
  await Promise.all(['gateway-1', 'gateway-2'].map(restart));
  const [ahead, behind] = stack.urls as [string, string];
  await takesOver(ahead, behind, 'to one behind');
  await takesOver(behind, ahead, 'to one ahead');
}, 60_000);

test.each([3_600_000, -20_000])(
  'after a step of %i ms a newer connection takes over as before',
  async (ms) => {
    const [one, other] = stack.urls as [string, string];
    await takesOver(one, other, `before ${ms}`);
    shift('gateway-1', 20_000 + ms);
    await eventually(() => expect(shiftTaken('gateway-1')).toBe(20_000 + ms));
    await takesOver(one, other, `after ${ms}`);
    await takesOver(other, one, `back after ${ms}`);
  },
  60_000,
);
