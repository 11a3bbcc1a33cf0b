// Section 1: clients that try to make a gateway stop, or to keep others out.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { check, figure } from '../figures.js';
import { clients } from '../fuzz/clients.js';
import { ask, openFrom, rawConnection, upgradeText } from './network.js';

const eventually = async (holds, withinMs) => {
  const began = performance.now();
  while (!(await holds())) {
    if (performance.now() - began > withinMs) return false;
    await sleep(100);
  }
  return true;
};

/** Strings that make an expression backtrack or a parser work: below, around and above what each wire takes. */
const hostileStrings = [10_000, 40_000, 100_000, 250_000].flatMap((length) => [
  `${'1'.repeat(length)}x`,
  `${' '.repeat(length)}x`,
  `${'1.'.repeat(length / 2)}e`,
  'a@'.repeat(length / 2),
  `${'0'.repeat(length)}e+x`,
  '\u0130'.repeat(length / 2),
  '{'.repeat(length),
  `${'-'.repeat(length)}\u0000`,
]);

const framesOf = (wire, user) => {
  const fields = { ...user.known, ...clients[wire].say(user, 'x') };
  return Object.keys(fields).flatMap((key) =>
    hostileStrings.map((text) => JSON.stringify({ ...clients[wire].say(user, 'x'), [key]: text })),
  );
};

/** Every field of a message of every wire, each with every hostile string. */
export const hostileFrames = async ({ urls, gateways }) => {
  await gateways.take();
  let sent = 0;
  for (const wire of Object.keys(clients)) {
    const user = await clients[wire].user(urls[0]);
    for (const frame of framesOf(wire, user)) {
      const { socket } = await openFrom(urls[0], clients[wire].socket(user), {
        token: wire === 'v1' ? user.token : undefined,
      });
      if (socket.readyState !== 1) continue;
      socket.send(frame);
      // A pong comes after the frame was read.
      const answered = new Promise((resolve) => socket.once('pong', resolve).once('close', resolve));
      socket.ping();
      await Promise.race([answered, sleep(20_000)]);
      socket.terminate();
      sent += 1;
    }
  }
  const { longest, failed } = await gateways.take();
  figure('hostile frames sent', sent);
  figure('longest stall of /health meanwhile', longest, 'ms');
  check('hostile frames: all of them reached a socket', sent > 100);
  check('hostile frames: /health is answered within 500 ms throughout', longest < 500 && failed === 0);
};

/** Handshakes that are refused, by clients that never close. */
export const refusedHandshakes = async ({ urls, gateways }) => {
  const [url] = urls;
  await sleep(500);
  const before = gateways.descriptors();
  const open = [];
  for (let n = 0; n < 200; n += 1) {
    const from = `203.0.113.${1 + (n % 100)}`;
    const kinds = [
      upgradeText('/nothing/here', { from }),
      upgradeText('/v1/socket', { version: 7, from }),
      upgradeText('/ws/unknown', { from }),
    ];
    open.push(rawConnection(url, kinds[n % kinds.length]));
  }
  const answered = await eventually(() => open.every(({ received }) => received.startsWith('HTTP/1.1 4')), 10_000);
  check('refused handshakes: each is answered with a 4xx', answered);
  const released = await eventually(() => gateways.descriptors() <= before + 10, 10_000);
  figure('descriptors held for 200 refused handshakes, 10 s later', Math.max(0, gateways.descriptors() - before));
  check('refused handshakes: no descriptor is kept', released);
  for (const { socket } of open) socket.destroy();
};

/** Connections that never authenticate, from one network; then a client of another one. */
export const silentConnections = async ({ urls, gateways }) => {
  const [url] = urls;
  const before = gateways.descriptors();
  const silent = [];
  for (let n = 0; n < 400; n += 1) silent.push(rawConnection(url, upgradeText('/v1/socket', { from: '203.0.2.1' })));
  await eventually(() => silent.every(({ received, ended }) => received !== '' || ended), 10_000);
  const held = silent.filter(({ received, ended }) => received.startsWith('HTTP/1.1 101') && !ended).length;
  figure('silent connections of one address: held of 400', held);
  figure('descriptors held for them', gateways.descriptors() - before);
  check('silent connections: one address does not get 400', held < 400);
  const began = performance.now();
  const user = await clients.v1.user(url);
  const opened = await openFrom(url, '/v1/socket', { token: user.token, from: '203.0.3.1' });
  const greeted = await eventually(() => opened.frames.some(({ method }) => method === 'session.opened'), 5_000);
  figure('a client of another address is served after', performance.now() - began, 'ms');
  check('silent connections: a client of another address is served', greeted);
  opened.socket.terminate();
  for (const { socket } of silent) socket.destroy();
};

/** A pong that answers no ping, masked as clients' frames are. */
const unaskedPong = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);

/** Sockets that never read and send pongs, in a room in which much is said. */
export const stuckReaders = async ({ urls, gateways }) => {
  const [url] = urls;
  const owner = await clients.v1.user(url);
  const { token, known } = owner;
  const stuck = [];
  for (let n = 0; n < 40; n += 1) {
    const one = rawConnection(
      url,
      upgradeText('/v1/socket', { from: `203.4.${n}.1`, headers: { authorization: `Bearer ${token}` } }),
    );
    await eventually(() => one.received.includes('session.opened') || one.ended, 10_000);
    const attach = JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'channel.attach',
      params: { channelId: known.channelId },
    });
    one.socket.write(maskedText(attach));
    await eventually(() => one.received.includes('"id":1') || one.ended, 10_000);
    one.socket.pause();
    stuck.push(one);
  }
  const pongs = setInterval(() => stuck.forEach(({ socket }) => socket.writable && socket.write(unaskedPong)), 1_000);
  const before = gateways.memoryMb();
  let most = before;
  const text = 'x'.repeat(15_000);
  let clientId = 0;
  // Until the gateways hold a part of it beyond what kernels hold, then silence: a deadline has to find them, not the next message.
  while (clientId < 900 && (await gateways.pendingBytes()) < 20 * 1024 * 1024) {
    const body = { clientId: `stuck-${(clientId += 1)}`, content: { type: 'text', text } };
    await ask(url, 'POST', `/v1/channels/${known.channelId}/messages`, { token, from: '203.0.4.200', body });
    most = Math.max(most, gateways.memoryMb());
  }
  const held = await gateways.pendingBytes();
  const openThen = stuck.filter(({ ended }) => !ended).length;
  const silentFrom = performance.now();
  const closed = await eventually(() => {
    most = Math.max(most, gateways.memoryMb());
    return stuck.every(({ ended, socket }) => ended || socket.destroyed);
  }, 60_000);
  clearInterval(pongs);
  figure('held for sockets that do not read when silence began', held / 1024 ** 2, 'MB');
  check('stuck readers: they were still open then', openThen > 0 && held > 0);
  figure(
    'sockets that never read: closed of 40',
    stuck.filter(({ ended, socket }) => ended || socket.destroyed).length,
  );
  figure(
    'messages said, then silence; closed after',
    `${clientId}, ${((performance.now() - silentFrom) / 1000).toFixed(1)}`,
    's',
  );
  figure('the gateways grew by at most', most - before, 'MB');
  check('stuck readers: all are closed by a deadline', closed);
  check('stuck readers: the gateways grew by less than 150 MB', most - before < 150);
  for (const { socket } of stuck) socket.destroy();
};

const maskedText = (text) => {
  const payload = Buffer.from(text);
  const header =
    payload.length < 126
      ? Buffer.from([0x81, 0x80 | payload.length])
      : Buffer.from([0x81, 0xfe, payload.length >> 8, payload.length & 0xff]);
  // A mask of zeros leaves the payload as it is.
  return Buffer.concat([header, Buffer.alloc(4), payload]);
};

/** One account and one address ask as fast as they can; another client works meanwhile. */
export const requestFlood = async ({ urls, gateways }) => {
  const [url] = urls;
  const attacker = await clients.v1.user(url);
  const victim = await clients.v1.user(url);
  await gateways.take();
  const answers = new Map();
  let without = 0;
  const until = performance.now() + 5_000;
  const flood = async () => {
    while (performance.now() < until) {
      const path = Math.random() < 0.5 ? '/v1/channels' : '/topics';
      const answer = await ask(url, 'GET', path, { from: '203.0.5.1', token: attacker.token }).catch(() => null);
      const status = answer?.status ?? 'none';
      answers.set(status, (answers.get(status) ?? 0) + 1);
      if (status === 429 && !answer.headers['retry-after']) without += 1;
    }
  };
  const latencies = [];
  const work = async () => {
    while (performance.now() < until) {
      const began = performance.now();
      const { status } = await ask(url, 'GET', '/v1/me', { from: '203.0.6.1', token: victim.token });
      latencies.push({ ms: performance.now() - began, status });
      await sleep(50);
    }
  };
  await Promise.all([...Array.from({ length: 100 }, flood), work()]);
  const { longest } = await gateways.take();
  figure('a flood of requests: answers by status', JSON.stringify(Object.fromEntries(answers)));
  figure('another client waited at most', Math.max(...latencies.map(({ ms }) => ms)), 'ms');
  figure('longest stall of /health meanwhile', longest, 'ms');
  check('request flood: refused with 429 and Retry-After', (answers.get(429) ?? 0) > 0 && without === 0);
  check(
    'request flood: another client is always served',
    latencies.every(({ status }) => status === 200),
  );
};

/** Registrations of devices, tickets and refreshes, as fast as they go, from one address. */
export const registrationFlood = async ({ urls }) => {
  const [url] = urls;
  const statuses = new Map();
  const note = (what, status) => statuses.set(`${what} ${status}`, (statuses.get(`${what} ${status}`) ?? 0) + 1);
  const limit = 2_600;
  const flood = async (what, once) => {
    let left = limit;
    let refused = false;
    const worker = async () => {
      while (!refused && left-- > 0) {
        const { status } = await once();
        note(what, status);
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
export const passwordGuessing = async ({ urls, gateways }) => {
  const [url] = urls;
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
  const count = (status) => statuses.filter((one) => one === status).length;
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

/** One account signs in again and again: what is kept for it is bounded. */
export const sessionsOfOneAccount = async ({ urls, sql }) => {
  const [url] = urls;
  const username = `many-${randomUUID().slice(0, 8)}`;
  const password = 'the right password';
  const { json } = await ask(url, 'POST', '/v1/accounts', { from: '203.0.10.1', body: { username, password } });
  let signedIn = 0;
  for (let n = 0; n < 300; n += 1) {
    const { status } = await ask(url, 'POST', '/v1/sessions', {
      from: '203.0.10.1',
      body: { login: username, password },
    });
    if (status === 201) signedIn += 1;
  }
  const [{ live }] = await sql(
    'select count(*)::int as live from auth.sessions where account_id = $1 and ended_at is null',
    [json.account.id],
  );
  figure('one account signed in so many times', signedIn);
  figure('sessions that live', live);
  check('sessions of one account are capped', live < signedIn || signedIn < 300);
};
