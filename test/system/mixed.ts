// All wires at once on one port. Apart: 40 clients of six wires, each wire in its own realm, with the same names everywhere, send for
// two minutes; nothing crosses a realm, is lost, duplicated or out of order. Together: every speaker and every listener in one realm.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { startStack, type TestSocket } from '@parley/testing';
import { Deliveries, markerOf } from './mixed/deliveries.js';
import { type Tries, tryIsolation } from './mixed/isolation.js';
import { type Client, lounge, nameOf, type Place, type Wire, type WireName, wireNames, wires } from './mixed/wires.js';
import { afterwards, prove } from './proof/cleanup.js';
import { check, checkNone, figure, finish, percentile } from './proof/figures.js';
import { flagOn, readOptions, text, whole } from './proof/options.js';
import { at } from './proof/random.js';
import { failureOf, runTests } from './proof/run-tests.js';

const { values } = readOptions({
  seconds: whole('how long they talk (120)'),
  rate: text('<n>', 'messages a second of each client (1)'),
  together: flagOn('leaves out the matrix of all wires in one realm'),
});
const { seconds = 120 } = values;
const rate = Number(values.rate ?? 1);
const run = randomBytes(4).toString('hex');
const counts: Readonly<Record<WireName, number>> = {
  ...{ swifty: 6, rooms: 8, mesh: 6, fluent: 6, conversations: 8, v1: 6 },
};
/** Each message of this wire is a connection that comes and goes. */
const meshShare = 0.2;
const receivedWithinMs = 60_000;

interface Member {
  readonly client: Client;
  readonly socket: TestSocket;
}

/** The clients of a wire, signed up and connected, half of them at each gateway. */
interface Party {
  readonly name: WireName;
  readonly wire: Wire;
  readonly clients: readonly Client[];
  readonly members: readonly Member[];
  readonly place: Place;
  readonly deliveries: Deliveries;
}
type Parties = ReadonlyMap<WireName, Party>;

const openParty = async (urls: readonly string[], name: WireName): Promise<Party> => {
  const wire = wires[name];
  const clients: Client[] = [];
  for (let index = 0; index < counts[name]; index += 1) {
    const url = at(urls, index);
    const { token, id } = await wire.signUp(url, index);
    clients.push({ index, url, token, id });
  }
  const place = await wire.gather(clients);
  const deliveries = new Deliveries(name, run);
  const members: Member[] = [];
  for (const client of clients) {
    const socket = await wire.open(client, place);
    afterwards(() => socket.socket.terminate());
    socket.socket.on('close', (code) => deliveries.refusals.push(`${client.index} was closed with ${code}`));
    deliveries.listen(client.index, socket, (frame) => wire.isRefusal(frame));
    members.push({ client, socket });
  }
  return { name, wire, clients, members, place, deliveries };
};

interface PlannedMessage {
  readonly party: Party;
  readonly member: Member;
  readonly n: number;
  readonly atMs: number;
}

/** Each client at a steady pace, a little after the one before. */
const planOf = (parties: Parties): PlannedMessage[] => {
  const plan: PlannedMessage[] = [];
  for (const party of parties.values()) {
    const every = 1000 / (party.name === 'mesh' ? rate * meshShare : rate);
    for (const member of party.members) {
      const offset = (every * member.client.index) / party.members.length;
      for (let n = 0; offset + n * every < seconds * 1000; n += 1)
        plan.push({ party, member, n, atMs: offset + n * every });
    }
  }
  return plan.sort((a, b) => a.atMs - b.atMs);
};

const sendOne = ({ party, member, n }: PlannedMessage): Promise<unknown> => {
  const { name, wire, clients, place, deliveries } = party;
  const { index } = member.client;
  const marker = markerOf(name, run, index, n);
  const began = performance.now();
  const { stream, receivers, times = 1, ends } = wire.send({ ...member, n, marker, clients, place });
  deliveries.sent.set(marker, { at: began, stream, receivers, times });
  return ends?.catch((error: unknown) => deliveries.refusals.push(`${index}: ${String(error)}`)) ?? Promise.resolve();
};

const sendAll = async (plan: readonly PlannedMessage[]): Promise<void> => {
  const began = performance.now();
  const ends: Promise<unknown>[] = [];
  const progress = setInterval(
    () => console.log(`  … ${Math.round((performance.now() - began) / 1000)} s: ${ends.length} of ${plan.length} sent`),
    20_000,
  );
  for (const message of plan) {
    await sleep(Math.max(0, message.atMs - (performance.now() - began)));
    ends.push(sendOne(message));
  }
  clearInterval(progress);
  await Promise.all(ends);
};

const allReceived = async (parties: Parties): Promise<void> => {
  const isBehind = (): boolean => [...parties.values()].some(({ deliveries }) => deliveries.verify().lost.length > 0);
  for (const until = performance.now() + receivedWithinMs; isBehind() && performance.now() < until;) await sleep(200);
  // What comes twice would come now.
  await sleep(2_000);
};

const reportParty = async ({ name, wire, clients, place, deliveries }: Party): Promise<void> => {
  const { sent, latencies, crossed, refusals } = deliveries;
  const { expected, delivered, lost, duplicated } = deliveries.verify();
  const histories = (await wire.histories?.(clients, place)) ?? null;
  const of = `${name}:`;
  const sizes = [clients.length, sent.size, expected, delivered];
  figure(`${of} clients, sent, to be received, delivered`, sizes.join(', '));
  const shares = [0.5, 0.99].map((share) => percentile(latencies, share).toFixed(1));
  figure(`${of} received within, p50 and p99`, shares.join(', '), 'ms');
  figure(`${of} lost, duplicated, crossed`, [lost, duplicated, crossed].map(({ length }) => length).join(', '));
  checkNone(`${of} nothing was lost`, lost);
  checkNone(`${of} nothing came twice, or to another client`, duplicated);
  checkNone(`${of} nothing crossed a realm`, crossed);
  checkNone(`${of} nobody was refused or closed`, refusals);
  if (histories) {
    const stored = [...histories.values()].flat().sort();
    const all = [...sent.keys()].sort();
    check(`${of} its histories hold each message once and nothing else`, stored.join() === all.join());
  }
  if (name === 'mesh') checkNone(`${of} who goes came before`, deliveries.goneBeforeCome());
  else {
    const which = histories ? ', that of the histories' : '';
    checkNone(`${of} all receive one order${which}`, deliveries.outOfOrder(histories));
  }
  if (wire.undelivered) check(`${of} nothing waits for anybody`, (await wire.undelivered(clients)) === 0);
};

const apart = async (): Promise<void> => {
  const stack = await startStack({ scale: { chat: 2, gateway: 2 } });
  afterwards(() => stack.stop());
  const parties = new Map<WireName, Party>();
  for (const name of wireNames) parties.set(name, await openParty(stack.urls, name));
  const numbers = [...parties.values()].map(({ place }) => place.number).filter((number) => number > 0);
  figure('wires that have a channel or organization of the same number', numbers.length);
  check('their numbers are the same', new Set(numbers).size === 1);
  console.log(
    `  ${seconds} s, every name (${nameOf(0)} …) and title (${lounge}) on every wire that has names and titles`,
  );

  const tries: Tries[] = [];
  const trying = async (): Promise<void> => {
    for (const share of [0.1, 0.3, 0.3]) {
      await sleep(seconds * 1000 * share);
      tries.push(await tryIsolation(parties, markerOf('nobody', run, 0, 0)));
    }
  };
  await Promise.all([sendAll(planOf(parties)), trying()]);
  await allReceived(parties);
  for (const party of parties.values()) await reportParty(party);
  figure(
    'tries with the token, name or id of another realm',
    tries.reduce((sum, { tried }) => sum + tried, 0),
  );
  checkNone(
    'each was refused',
    tries.flatMap(({ accepted }) => accepted),
  );
  await stack.stop();
};

const together = async (): Promise<void> => {
  // It starts a platform of its own; those of the journeys are not needed.
  const environment = { PARLEY_TEST_FORMS: 'stack-twice', PARLEY_TEST_PLATFORMS: '{}' };
  const files = await runTests(['test/journeys/across-dialects.int.test.ts'], environment);
  const tests = files.flatMap(({ assertionResults }) => assertionResults);
  const failed = tests.filter(({ status }) => status !== 'passed');
  figure(
    'in one realm: scenes and entry points that are as the page says',
    `${tests.length - failed.length} of ${tests.length}`,
  );
  check('in one realm: every cell of the matrix', tests.length > 0 && failed.length === 0);
  for (const test of failed.slice(0, 5)) console.log(`    ${failureOf(test)}`);
};

await prove(
  async () => {
    await apart();
    if (values.together) await together();
  },
  { withinMs: (seconds + 360) * 1000 },
);
finish();
