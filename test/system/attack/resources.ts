// Section 1: clients that try to make a gateway stop, or to keep others out.
import { setTimeout as sleep } from 'node:timers/promises';
import { check, figure } from '../proof/figures.js';
import { at } from '../proof/random.js';
import { clients, type FuzzClient, type FuzzUser, type V1FuzzUser } from '../fuzz/clients.js';
import { ask, becomes, openFrom, type RawConnection, rawConnection, upgradeText } from './network.js';
import type { Attack } from './setup.js';

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

const framesOf = (user: FuzzUser): string[] => {
  const fields = { ...user.known, ...user.frame('x') };
  return Object.keys(fields).flatMap((key) =>
    hostileStrings.map((text) => JSON.stringify({ ...user.frame('x'), [key]: text })),
  );
};

/** Every field of a message of every wire, each with every hostile string. */
export const hostileFrames: Attack = async ({ url, gateways }) => {
  await gateways.take();
  let sent = 0;
  for (const client of Object.values<FuzzClient>(clients)) {
    const user = await client.user(url);
    for (const frame of framesOf(user)) {
      const { socket } = await openFrom(url, user.path, { token: user.headers && user.token });
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
export const refusedHandshakes: Attack = async ({ url, gateways }) => {
  await sleep(500);
  const before = gateways.descriptors();
  const open: RawConnection[] = [];
  for (let n = 0; n < 200; n += 1) {
    const from = `203.0.113.${1 + (n % 100)}`;
    const kinds = [
      upgradeText('/nothing/here', { from }),
      upgradeText('/v1/socket', { version: 7, from }),
      upgradeText('/ws/unknown', { from }),
    ];
    open.push(rawConnection(url, at(kinds, n)));
  }
  const answered = await becomes(() => open.every(({ received }) => received.startsWith('HTTP/1.1 4')), 10_000);
  check('refused handshakes: each is answered with a 4xx', answered);
  const released = await becomes(() => gateways.descriptors() <= before + 10, 10_000);
  figure('descriptors held for 200 refused handshakes, 10 s later', Math.max(0, gateways.descriptors() - before));
  check('refused handshakes: no descriptor is kept', released);
  for (const { socket } of open) socket.destroy();
};

/** Waits until each has an answer or was closed; counts those that are open then. */
const heldOf = async (connections: readonly RawConnection[]): Promise<number> => {
  await becomes(() => connections.every(({ received, ended }) => received !== '' || ended), 20_000);
  return openOf(connections);
};
const openOf = (connections: readonly RawConnection[]): number =>
  connections.filter(({ received, ended }) => received.startsWith('HTTP/1.1 101') && !ended).length;
const isServedAt = async (url: string, user: V1FuzzUser, from: string): Promise<boolean> => {
  const opened = await openFrom(url, '/v1/socket', { token: user.token, from });
  const greeted = await becomes(() => opened.frames.some(({ method }) => method === 'session.opened'), 5_000);
  opened.socket.terminate();
  return greeted;
};

/** Connections that never authenticate, from one network, then from six; each time a client of another one comes. */
export const silentConnections: Attack = async ({ url, gateways }) => {
  const user = await clients.v1.user(url);
  const before = gateways.descriptors();
  const silent: RawConnection[] = [];
  const open = (count: number, from: string): RawConnection[] => {
    const more = Array.from({ length: count }, () => rawConnection(url, upgradeText('/v1/socket', { from })));
    silent.push(...more);
    return more;
  };
  const held = await heldOf(open(1_200, '203.0.2.1'));
  figure('silent connections of one address: held of 1,200', held);
  check('silent connections: one address holds at most 1,000', held > 0 && held <= 1_000);
  const began = performance.now();
  const greeted = await isServedAt(url, user, '203.0.3.1');
  figure('a client of another address is served after', performance.now() - began, 'ms');
  check('silent connections: a client of another address is served', greeted);
  for (let n = 1; n <= 5; n += 1) await heldOf(open(800, `203.1.${n}.1`));
  // Those that make room for others read a little later that they were closed.
  await becomes(() => openOf(silent) <= 4_000, 20_000);
  const heldOfSix = await heldOf(silent);
  figure('silent connections of six addresses: held of 5,200', heldOfSix);
  figure('descriptors held for them', gateways.descriptors() - before);
  check('silent connections: all addresses hold at most 4,000', heldOfSix <= 4_000);
  check('silent connections: a client is served while all places are taken', await isServedAt(url, user, '203.0.3.2'));
  for (const { socket } of silent) socket.destroy();
  const released = await becomes(() => gateways.descriptors() <= before + 10, 10_000);
  check('silent connections: no descriptor is kept after they closed', released);
};

/** A pong that answers no ping, masked as clients' frames are. */
const unaskedPong = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);

/** Sockets that never read and send pongs, in a room in which much is said. */
export const stuckReaders: Attack = async ({ url, gateways }) => {
  const owner = await clients.v1.user(url);
  const { token, channelId } = owner;
  const stuck: RawConnection[] = [];
  for (let n = 0; n < 40; n += 1) {
    const one = rawConnection(
      url,
      upgradeText('/v1/socket', { from: `203.4.${n}.1`, headers: { authorization: `Bearer ${token}` } }),
    );
    await becomes(() => one.received.includes('session.opened') || one.ended, 10_000);
    const attach = JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'channel.attach',
      params: { channelId },
    });
    one.socket.write(maskedText(attach));
    await becomes(() => one.received.includes('"id":1') || one.ended, 10_000);
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
    await ask(url, 'POST', `/v1/channels/${channelId}/messages`, { token, from: '203.0.4.200', body });
    most = Math.max(most, gateways.memoryMb());
  }
  const held = await gateways.pendingBytes();
  const openThen = stuck.filter(({ ended }) => !ended).length;
  const silentFrom = performance.now();
  const closed = await becomes(() => {
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

const maskedText = (text: string): Buffer => {
  const payload = Buffer.from(text);
  const header =
    payload.length < 126
      ? Buffer.from([0x81, 0x80 | payload.length])
      : Buffer.from([0x81, 0xfe, payload.length >> 8, payload.length & 0xff]);
  // A mask of zeros leaves the payload as it is.
  return Buffer.concat([header, Buffer.alloc(4), payload]);
};
