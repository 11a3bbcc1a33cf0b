// Section 1: clients that ask, register, guess and sign in as fast as they can.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '../../clients/http.js';
import { check, figure } from '../proof/figures.js';
import { clients } from '../fuzz/clients.js';
import { claimsOf } from './bus-setup.js';
import { ask, becomes, rawConnection } from './network.js';
import type { Attack } from './setup.js';

/** Pipelines `count` requests on a connection, and waits for their answers: `[{status, headers}]`. */
const pipelined = async (
  url: string,
  path: string,
  count: number,
  from: string,
  token: string,
): Promise<{ status: number; headers: string }[]> => {
  const lines = [
    `GET ${path} HTTP/1.1`,
    'Host: localhost',
    `X-Forwarded-For: ${from}`,
    `Authorization: Bearer ${token}`,
  ];
  const connection = rawConnection(url, `${lines.join('\r\n')}\r\n\r\n`.repeat(count));
  const heads = () => [...connection.received.matchAll(/HTTP\/1\.1 (\d{3})[^\r]*\r\n([^]*?)\r\n\r\n/g)];
  while (heads().length < count && !connection.ended) await once(connection.socket, 'data').catch(() => undefined);
  connection.socket.destroy();
  return heads().map(([, status, headers = '']) => ({ status: Number(status), headers: headers.toLowerCase() }));
};

/** One account asks as fast as it can, many requests at once on each connection; another client works meanwhile. */
export const requestFlood: Attack = async ({ url, gateways }) => {
  const attacker = await clients.v1.user(url);
  const victim = await clients.v1.user(url);
  await gateways.take();
  const answers = new Map<number, number>();
  let without = 0;
  const until = performance.now() + 6_000;
  const flood = async (): Promise<void> => {
    while (performance.now() < until) {
      const path = Math.random() < 0.9 ? '/v1/channels' : '/topics';
      for (const { status, headers } of await pipelined(url, path, 30, '203.0.5.1', attacker.token)) {
        answers.set(status, (answers.get(status) ?? 0) + 1);
        if (status === 429 && !headers.includes('retry-after:')) without += 1;
      }
    }
  };
  const latencies: { ms: number; status: number }[] = [];
  const work = async () => {
    while (performance.now() < until) {
      const began = performance.now();
      const { status } = await ask(url, 'GET', '/v1/me', { from: '203.0.6.1', token: victim.token });
      latencies.push({ ms: performance.now() - began, status });
      await sleep(50);
    }
  };
  await Promise.all([...Array.from({ length: 50 }, flood), work()]);
  const { longest } = await gateways.take();
  figure('a flood of requests: answers by status', JSON.stringify(Object.fromEntries(answers)));
  figure('another client waited at most', Math.max(...latencies.map(({ ms }) => ms)), 'ms');
  figure('longest stall of /health meanwhile', longest, 'ms');
  check('request flood: /health is answered within 1 s', longest < 1_000);
  check('request flood: refused with 429 and Retry-After', (answers.get(429) ?? 0) > 0 && without === 0);
  check(
    'request flood: another client is always served',
    latencies.every(({ status }) => status === 200),
  );
};

/** Registrations of devices, tickets and refreshes, as fast as they go, from one address. */
export const registrationFlood: Attack = async ({ url }) => {
  const statuses = new Map<string, number>();
  const note = (key: string): void => void statuses.set(key, (statuses.get(key) ?? 0) + 1);
  const limit = 2_600;
  const flood = async (what: string, once: () => Promise<Answer>): Promise<boolean> => {
    let left = limit;
    let refused = false;
    const worker = async () => {
      while (!refused && left-- > 0) {
        const { status } = await once();
        note(`${what} ${status}`);
        if (status === 429) refused = true;
      }
    };
    await Promise.all(Array.from({ length: 20 }, worker));
    return refused;
  };
  const body = () => ({ name: 'Flood', uuid: randomUUID() });
  const devices = await flood('POST /register', () =>
    ask(url, 'POST', '/register', { from: '203.0.7.1', body: body() }),
  );
  const { token } = await clients.v1.user(url);
  const tickets = await flood('POST /v1/socket-tickets', () =>
    ask(url, 'POST', '/v1/socket-tickets', { from: '203.0.7.2', token, body: {} }),
  );
  const refreshes = await flood('POST /v1/sessions/refresh', () =>
    ask(url, 'POST', '/v1/sessions/refresh', { from: '203.0.7.3', body: { refreshToken: randomUUID() } }),
  );
  figure('floods of registrations, tickets and refreshes', JSON.stringify(Object.fromEntries(statuses)));
  check('registrations of devices are limited', devices);
  check('tickets are limited', tickets);
  check('refreshes are limited', refreshes);
};

/** 230 wrong passwords from four networks for one login; its owner signs in meanwhile from a fifth. */
export const passwordGuessing: Attack = async ({ url, gateways }) => {
  const username = `owner-${randomUUID().slice(0, 8)}`;
  const password = 'the right password';
  const made = await ask(url, 'POST', '/v1/accounts', { from: '203.0.8.1', body: { username, password } });
  check('password guessing: the owner has an account', made.status === 201);
  await gateways.take();
  const guesses = Array.from({ length: 230 }, (_, n) =>
    ask(url, 'POST', '/v1/sessions', {
      from: `203.0.9.${1 + (n % 4)}`,
      body: { login: username, password: `wrong ${n}` },
    }).then(({ status }) => status),
  );
  await sleep(50);
  const attempts = [];
  for (let n = 0; n < 5; n += 1) {
    const began = performance.now();
    const { status } = await ask(url, 'POST', '/v1/sessions', {
      from: '203.0.8.1',
      body: { login: username, password },
    });
    attempts.push({ status, ms: performance.now() - began });
  }
  const statuses = await Promise.all(guesses);
  const { longest } = await gateways.take();
  const count = (status: number): number => statuses.filter((one) => one === status).length;
  figure('230 guesses: refused as wrong, as too many', `${count(401)}, ${count(429)}`);
  figure('the owner signed in within', Math.max(...attempts.map(({ ms }) => ms)), 'ms');
  figure('longest stall of /health meanwhile', longest, 'ms');
  check(
    'password guessing: the owner signs in each time',
    attempts.every(({ status }) => status === 201),
  );
  check(
    'password guessing: no guess gets in',
    statuses.every((status) => status >= 400),
  );
};

/** One account signs in again and again, as a device does at each start: what is kept for it is bounded, the newest sign-in works. */
export const sessionsOfOneAccount: Attack = async ({ url, sql }) => {
  const uuid = randomUUID();
  const register = async (token: string | undefined, n: number): Promise<string | undefined> => {
    const request = { from: `203.2.${n % 10}.1`, token, body: { name: 'Many', uuid } };
    const { status, body } = await ask(url, 'POST', '/register', request);
    return status === 200 ? (body as { token: string }).token : undefined;
  };
  const first = (await register(undefined, 0)) ?? '';
  let newest = first;
  let signedIn = 1;
  for (let n = 1; n < 1_100; n += 1) {
    const token = await register(newest, n);
    if (token === undefined) continue;
    newest = token;
    signedIn += 1;
  }
  const { accountId } = claimsOf(first);
  const [{ live } = { live: NaN }] = await sql<{ live: number }>(
    'select count(*)::int as live from auth.sessions where account_id = $1 and ended_at is null',
    [accountId],
  );
  const statusOf = async (token: string): Promise<number> =>
    (await ask(url, 'POST', `/topics/create?token=${token}`, { body: { topic_id: randomUUID() } })).status;
  figure('one account signed in so many times', signedIn);
  figure('sessions that live', live);
  check('sessions of one account: it signs in more often than 1,000 times', signedIn > 1_000);
  check('sessions of one account are capped at 1,000', live > 0 && live <= 1_000);
  check('sessions of one account: the newest works', (await statusOf(newest)) === 200);
  check(
    'sessions of one account: the oldest is ended',
    await becomes(async () => (await statusOf(first)) === 401, 5_000),
  );
};
