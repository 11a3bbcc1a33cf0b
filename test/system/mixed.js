// All wires at once on one port. Apart: 40 clients of six wires, each wire in its own realm, with the same names everywhere, talk for
// two minutes; nothing crosses a realm, is lost, doubled or out of order. Together: every speaker and every listener in one realm.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { startStack } from '@parley/testing';
import { afterwards, prove } from './proof/cleanup.js';
import { check, figure, finish, percentile } from './proof/figures.js';
import { hearingOf, markerOf } from './mixed/deliveries.js';
import { tryWalls } from './mixed/isolation.js';
import { lounge, nameOf, wires } from './mixed/wires.js';
import { runTests } from './proof/vitest.js';
import { readOptions, text, whole } from './proof/options.js';

// `--rate`: messages of each client in a second.
const { values } = readOptions({
  seconds: whole('how long they talk (120)'),
  rate: text('<n>', 'messages a second of each client (1)'),
  together: { type: 'boolean', default: true, help: 'leaves out the matrix of all wires in one realm' },
});
const seconds = Number(values.seconds ?? 120);
const rate = Number(values.rate ?? 1);
const run = randomBytes(4).toString('hex');
const counts = { swifty: 6, rooms: 8, mesh: 6, fluent: 6, conversations: 8, v1: 6 };
/** Each message of this wire is a connection that comes and goes. */
const meshShare = 0.2;
const receivedWithinMs = 60_000;

/** The clients of a wire, signed up and connected, half of them at each gateway. */
const openParty = async (urls, name) => {
  const wire = wires[name];
  const clients = [];
  for (let index = 0; index < counts[name]; index += 1) {
    const url = urls[index % urls.length];
    clients.push({ index, url, ...(await wire.signUp(url, index)) });
  }
  const place = await wire.gather(clients);
  const hearing = hearingOf(name, run);
  for (const client of clients) {
    client.socket = await wire.open(client, place);
    afterwards(() => client.socket.socket.terminate());
    client.socket.socket.on('close', (code) => hearing.refusals.push(`${client.index} was closed with ${code}`));
    hearing.listen(client, wire.refused);
  }
  return { name, wire, clients, place, hearing };
};

/** Everybody at a steady pace, each a little after the other. */
const planOf = (parties) => {
  const plan = [];
  for (const party of parties.values()) {
    const each = 1000 / (party.name === 'mesh' ? rate * meshShare : rate);
    for (const client of party.clients) {
      const offset = (each * client.index) / party.clients.length;
      for (let n = 0; offset + n * each < seconds * 1000; n += 1)
        plan.push({ party, client, n, atMs: offset + n * each });
    }
  }
  return plan.sort((a, b) => a.atMs - b.atMs);
};

const sayAll = async (plan) => {
  const began = performance.now();
  const going = [];
  let count = 0;
  const tell = () =>
    console.log(`  … ${Math.round((performance.now() - began) / 1000)} s: ${count} of ${plan.length} said`);
  const telling = setInterval(tell, 20_000);
  for (const { party, client, n, atMs } of plan) {
    await sleep(Math.max(0, atMs - (performance.now() - began)));
    const { name, wire, clients, place, hearing } = party;
    const marker = markerOf(name, run, client.index, n);
    const message = { at: performance.now(), times: 1, stream: '', hearers: [] };
    hearing.said.set(marker, message);
    const { gone, ...about } = wire.say(client, n, marker, { clients, place });
    Object.assign(message, about);
    if (gone) going.push(gone.catch((error) => hearing.refusals.push(`${client.index}: ${error.message}`)));
    count += 1;
  }
  clearInterval(telling);
  await Promise.all(going);
};

const allReceived = async (parties) => {
  const isBehind = () => [...parties.values()].some(({ hearing }) => hearing.judge().lost.length > 0);
  for (const until = performance.now() + receivedWithinMs; isBehind() && performance.now() < until;) await sleep(200);
  // What comes twice would come now.
  await sleep(2_000);
};

const show = (what, wrong) => {
  check(what, wrong.length === 0);
  for (const each of wrong.slice(0, 5)) console.log(`    ${each}`);
};

const reportWire = async ({ name, wire, clients, place, hearing }) => {
  const { said, latencies, crossed, refusals } = hearing;
  const { expected, delivered, lost, doubled } = hearing.judge();
  const histories = (await wire.histories?.(clients, place)) ?? null;
  const of = `${name}:`;
  figure(`${of} clients, sent, to be heard, delivered`, `${clients.length}, ${said.size}, ${expected}, ${delivered}`);
  figure(
    `${of} heard within, p50 and p99`,
    [0.5, 0.99].map((share) => percentile(latencies, share).toFixed(1)).join(', '),
    'ms',
  );
  figure(`${of} lost, doubled, crossed`, `${lost.length}, ${doubled.length}, ${crossed.length}`);
  show(`${of} nothing was lost`, lost);
  show(`${of} nothing came twice, or to somebody else`, doubled);
  show(`${of} nothing crossed a realm`, crossed);
  show(`${of} nobody was refused or closed`, refusals);
  if (histories) {
    const kept = [...histories.values()].flat().sort();
    check(
      `${of} its histories hold each message once and nothing else`,
      kept.join() === [...said.keys()].sort().join(),
    );
  }
  if (name === 'mesh') show(`${of} who goes came before`, hearing.comesBeforeGoes());
  else show(`${of} all hear one order${histories ? ', that of the histories' : ''}`, hearing.outOfOrder(histories));
  if (wire.kept) check(`${of} nothing waits for anybody`, (await wire.kept(clients)) === 0);
};

const apart = async () => {
  const stack = await startStack({ scale: { chat: 2, gateway: 2 } });
  afterwards(() => stack.stop());
  const parties = new Map();
  for (const name of Object.keys(wires)) parties.set(name, await openParty(stack.urls, name));
  const numbers = [...parties.values()].flatMap(({ place }) => place.numbers);
  figure('wires that have a channel or organization of the same number', numbers.length);
  check('their numbers are the same', new Set(numbers).size === 1);
  console.log(
    `  ${seconds} s, every name (${nameOf(0)} …) and title (${lounge}) on every wire that has names and titles`,
  );

  const walls = [];
  const trying = (async () => {
    for (const share of [0.1, 0.5, 0.8]) {
      await sleep(seconds * 1000 * (walls.length === 0 ? share : 0.3));
      walls.push(await tryWalls(parties, markerOf('nobody', run, 0, 0)));
    }
  })();
  await Promise.all([sayAll(planOf(parties)), trying]);
  await allReceived(parties);
  for (const party of parties.values()) await reportWire(party);
  figure(
    'tries with the token, name or id of another realm',
    walls.reduce((sum, { tried }) => sum + tried, 0),
  );
  show(
    'each was refused',
    walls.flatMap(({ came }) => came),
  );
  await stack.stop();
};

const together = async () => {
  // It starts a platform of its own; those of the journeys are not needed.
  const environment = { PARLEY_TEST_FORMS: 'stack-twice', PARLEY_TEST_PLATFORMS: '{}' };
  const files = await runTests(['test/journeys/across-dialects.int.test.ts'], environment);
  const tests = files.flatMap(({ assertionResults }) => assertionResults);
  const failed = tests.filter(({ status }) => status !== 'passed');
  figure(
    'in one realm: scenes and doors that are as the page says',
    `${tests.length - failed.length} of ${tests.length}`,
  );
  check('in one realm: every cell of the matrix', tests.length > 0 && failed.length === 0);
  for (const { fullName, failureMessages } of failed.slice(0, 5))
    console.log(`    ${fullName}\n      ${failureMessages[0]?.split('\n')[0]}`);
};

await prove(
  async () => {
    await apart();
    if (values.together) await together();
  },
  { withinMs: (seconds + 360) * 1000 },
);
finish();
