// Who is here, and what it costs: a client that has attached 5,000 channels receives the presence of the one that it looks at and no other;
// the bytes of a change are printed for channels with 10, 100 and 10,000 members, on two gateways.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bus, connectNats } from '@parley/bus';
import { AccountPrincipal, PresenceChanged, deadlineIn, everyScopeOf, topics } from '@parley/contracts';
import { type TestSocket, startStack } from '@parley/testing';
import pg from 'pg';
import { inBatches } from '../clients/batches.js';
import { type V1User, signUpV1, v1Socket } from '../clients/v1.js';
import { busLog } from './proof/bus-log.js';
import { afterwards, prove } from './proof/cleanup.js';
import { check, figure, finish, percentiles } from './proof/figures.js';
import { readOptions, whole } from './proof/options.js';

const { values } = readOptions({
  channels: whole('how many channels the client has attached (5000)'),
  changes: whole('how many accounts come and go (20)'),
});
const { channels: channelsCount = 5_000, changes = 20 } = values;
const sizes = [10, 100, 10_000];
const perResume = 500;

/** Whoever looks, and the bytes and times of what it receives of presence. */
interface Looking {
  readonly socket: TestSocket;
  readonly received: {
    readonly method: string;
    readonly accountId: string;
    readonly bytes: number;
    readonly at: number;
  }[];
  call(method: string, params: object): Promise<unknown>;
}

const lookingFrom = async (url: string, { token }: V1User): Promise<Looking> => {
  const socket = await v1Socket(url, token);
  const received: Looking['received'][number][] = [];
  socket.socket.on('message', (data: Buffer) => {
    const { method, params } = JSON.parse(data.toString()) as { method?: string; params?: { accountId?: string } };
    if (method?.startsWith('presence.') !== true) return;
    received.push({ method, accountId: params?.accountId ?? '', bytes: data.length, at: performance.now() });
  });
  let calls = 0;
  const call = async (method: string, params: object): Promise<unknown> => {
    const id = (calls += 1);
    socket.send({ jsonrpc: '2.0', id, method, params });
    const { result, error } = await socket.waitFor((frame) => frame['id'] === id, 60_000);
    if (error !== undefined) throw new Error(JSON.stringify(error));
    return result;
  };
  return { socket, received, call };
};

const principalOf = ({ grant: { account, sessionId } }: V1User) =>
  AccountPrincipal.parse({ ...account, kind: 'account', dialect: 'v1', accountId: account.id, sessionId });

const groupOf = (bus: Bus, owner: V1User, members: readonly V1User[], title: string) => {
  const input = { kind: 'group' as const, title, memberIds: members.map(({ id }) => id as never) };
  return bus.client(topics).channel.create(input, { principal: principalOf(owner), deadline: deadlineIn(30_000) });
};

/** Rows of members without an account of their own: nobody else asks for them. */
const addRows = async (database: pg.Pool, channelId: string, count: number): Promise<void> => {
  const ids = Array.from({ length: count }, () => randomUUID());
  await database.query(
    `insert into topics.members (channel_id, account_id, realm, channel_number, role)
       select c.id, m.id, c.realm, c.number, 'member' from topics.channels c, unnest($2::uuid[]) as m (id) where c.id = $1`,
    [channelId, ids],
  );
};

const until = async (what: string, holds: () => boolean, withinMs = 30_000): Promise<void> => {
  for (const end = performance.now() + withinMs; !holds(); await sleep(20))
    if (performance.now() > end) throw new Error(`Not within ${withinMs / 1_000} s: ${what}`);
};

/** Each account connects, one after the other; then all leave at once. Returns when each connected. */
const comeAndGo = async (
  url: string,
  accounts: readonly V1User[],
  seen: () => number,
): Promise<Map<string, number>> => {
  const cameAt = new Map<string, number>();
  const sockets: TestSocket[] = [];
  const before = seen();
  for (const [index, account] of accounts.entries()) {
    cameAt.set(account.id, performance.now());
    sockets.push(await v1Socket(url, account.token));
    await until('somebody who comes is seen', () => seen() > before + index);
  }
  for (const socket of sockets) socket.close();
  await until('all who leave are seen', () => seen() >= before + 2 * accounts.length);
  return cameAt;
};

await prove(
  async () => {
    const scale = { auth: 2, topics: 2, chat: 2, signaling: 2, gateway: 2 };
    const environment = { PARLEY_FRAMES_BURST: '100000', PARLEY_ADDRESS_REQUESTS_BURST: '100000' };
    const stack = await startStack({ scale, environment });
    afterwards(() => stack.stop());
    const [url = '', otherUrl = ''] = stack.urls;
    const bus = await connectNats({ servers: stack.nats.url, name: 'prove', log: busLog });
    afterwards(() => bus.drain());
    const database = new pg.Pool({ connectionString: stack.databaseUrl, max: 1 });
    afterwards(() => database.end());
    let transitions = 0;
    let busBytes = 0;
    await bus.listen(everyScopeOf('presence.changed', 'account'), PresenceChanged, (event) => {
      transitions += 1;
      busBytes += JSON.stringify(event).length;
    });
    const looker = await signUpV1(url, 'looker');
    const movers = await inBatches(changes, 4, (n) => signUpV1(url, `mover${n}`));
    const others = await inBatches(10, 4, (n) => signUpV1(url, `other${n}`));

    for (const size of sizes) {
      // Of a small channel some of those who move are members.
      const members = movers.slice(0, Math.min(movers.length, size - 1));
      const channel = await groupOf(bus, looker, members, `${size} members`);
      await addRows(database, channel.id, size - 1 - members.length);
      const looking = await lookingFrom(url, looker);
      const began = performance.now();
      await looking.call('presence.subscribe', { channelId: channel.id });
      figure(`${size} members: subscribing`, performance.now() - began, 'ms');
      const [seenBefore, changedBefore] = [transitions, looking.received.length];
      const cameAt = await comeAndGo(otherUrl, members, () => transitions - seenBefore);
      await sleep(2_500);
      const own = looking.received.slice(changedBefore).filter(({ accountId }) => accountId !== looker.id);
      const bytes = own.reduce((sum, one) => sum + one.bytes, 0);
      figure(`${size} members: frames for ${2 * members.length} changes`, own.length);
      figure(`${size} members: bytes for each change to one who looks`, bytes / (2 * members.length), 'bytes');
      if (size <= 100) {
        check('each change came once', own.length === 2 * members.length);
        const delays = [...cameAt].map(([id, at]) => (own.find(({ accountId }) => accountId === id)?.at ?? NaN) - at);
        percentiles(`${size} members: from connecting elsewhere to being seen`, delays, [0.5, 0.95]);
      } else check('only counts came', own.length > 0 && own.every(({ method }) => method === 'presence.counted'));
      looking.socket.close();
    }
    figure('bytes for each change on the bus', busBytes / transitions, 'bytes');

    const looked = await groupOf(bus, looker, movers, 'looked at');
    const began = performance.now();
    const rooms = await inBatches(channelsCount - 1, 50, (n) => groupOf(bus, looker, others, `other ${n}`));
    figure(`${channelsCount} channels were created in`, (performance.now() - began) / 1_000, 's');
    const looking = await lookingFrom(url, looker);
    const ids = [looked, ...rooms].map(({ id }) => id);
    const resuming = performance.now();
    for (let at = 0; at < ids.length; at += perResume)
      await looking.call('session.resume', {
        channels: Object.fromEntries(ids.slice(at, at + perResume).map((id) => [id, 0])),
      });
    figure('and attached in', (performance.now() - resuming) / 1_000, 's');
    await looking.call('presence.subscribe', { channelId: looked.id });
    await sleep(2_500);
    const [seenBefore, before] = [transitions, looking.received.length];
    const went = [...others, ...movers];
    await comeAndGo(otherUrl, went, () => transitions - seenBefore);
    await sleep(2_500);
    const received = looking.received.slice(before);
    const expected = new Set(movers.map(({ id }) => id));
    figure(`changes in all ${channelsCount} channels`, 2 * went.length);
    figure('received by the client that looks at one', received.length);
    check('those of the channel that it looks at, each once', received.length === 2 * movers.length);
    check(
      'and nothing else',
      received.every(({ accountId }) => expected.has(accountId)),
    );
    await looking.call('presence.unsubscribe', { channelId: looked.id });
    const [seenThen, then] = [transitions, looking.received.length];
    await comeAndGo(otherUrl, movers.slice(0, 3), () => transitions - seenThen);
    check('nothing after it looks elsewhere', looking.received.length === then);
  },
  { withinMs: 600_000 },
);
finish();
