// Malformed requests and frames, thousands to each wire from a seeded generator: nobody crashes, nothing is answered 5xx, no answer
// holds what belongs inside, memory is bounded, and the next good client of each wire is served. What ends a session or a frame
// that happens to be good is not wrong; only the four are.
import { readdirSync, readFileSync } from 'node:fs';
import { eventually, startStack } from '@parley/testing';
import { afterwards, prove } from './proof/cleanup.js';
import { check, figure, finish } from './proof/figures.js';
import { clients, isServed } from './fuzz/clients.js';
import { documentedWires } from './fuzz/documented.js';
import { frameKinds, speakBadly } from './fuzz/frames.js';
import { chooser } from './fuzz/malformed.js';
import { requestKinds, requestOf, sendRequest } from './fuzz/requests.js';
import { seeded } from './proof/random.js';
import { readOptions, text, whole } from './proof/options.js';

const { values } = readOptions({
  seed: whole('repeats a run (1)', 0),
  count: whole('inputs for each wire (10000)'),
  wire: text('<name>', 'one wire'),
  'at-once': whole('inputs at once (12)'),
});
const seed = Number(values.seed ?? 1);
const count = Number(values.count ?? 10_000);
const atOnce = Number(values['at-once'] ?? 12);
/** Inputs that one user is used for: some of them end sessions, leave channels or close them. */
const inputsPerUser = 500;
const memoryMaxMb = 600;
const secret = 'fuzz-secret-that-must-never-be-seen-0123456789';

const inside = new RegExp(
  [
    String.raw`\.[jt]s:\d+`,
    'node_modules',
    String.raw`\n {1,8}at `,
    String.raw`insert into|delete from|select\s.+\sfrom\s|update \S+ set`,
    'constraint|relation "|violates|duplicate key|syntax error at',
    'knex|ECONN|ENOENT|nats:|postgres|redis:|ioredis',
    '/tmp/|/home/|/root/|/usr/|"workspaces"',
    'Cannot read prop|is not a function|is not iterable|undefined \\(reading|ZodError|TypeError|RangeError|FST_|ERR_[A-Z]',
    secret,
  ].join('|'),
  'i',
);

const inputsOf = (wire, kinds, total) => {
  let index = 0;
  return () => {
    if (index >= total) return null;
    const random = seeded(
      seed * 1_000_003 + index * 7_919 + wire.length * 31 + wire.charCodeAt(0) + kinds.length * 101,
    );
    const kind = kinds[index % kinds.length];
    index += 1;
    return { index, kind, random };
  };
};

const shown = (value) =>
  typeof value === 'string' ? value : Buffer.isBuffer(value) ? `hex ${value.toString('hex')}` : JSON.stringify(value);
const short = (text, most = 700) => (text.length > most ? `${text.slice(0, most)}… (${text.length})` : text);

const tally = () => {
  const counts = new Map();
  const add = (key) => counts.set(key, (counts.get(key) ?? 0) + 1);
  return {
    add,
    text: () =>
      [...counts]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, n]) => `${key} ${n}`)
        .join(', '),
  };
};

/** What was wrong, the first of each sort in full. */
const findings = () => {
  const sorts = new Map();
  return {
    add(sort, input, answer) {
      const same = sorts.get(sort) ?? sorts.set(sort, []).get(sort);
      same.push(1);
      if (same.length <= 3) console.log(`\n  ${sort}\n    in:  ${short(input)}\n    out: ${short(answer)}`);
    },
    count: (part) =>
      [...sorts].filter(([sort]) => sort.startsWith(part)).reduce((sum, [, each]) => sum + each.length, 0),
  };
};

/** May end without an answer: the gateway stops reading what is too much, or what is no HTTP. */
const mayBeCut = ['oversized', 'odd header', 'no HTTP', 'deep nesting'];

const judgeAnswer = (wire, { kind, index }, request, { status, text }, found) => {
  const name = `${wire} REST ${kind} #${index}`;
  const input = `${name}: ${shown(request.raw ?? { ...request, body: undefined })} ${shown(request.body ?? '')}`;
  if (status >= 500) found.add(`5xx ${wire} ${request.method} ${status}`, input, text);
  if (status === -1 || (status === 0 && !mayBeCut.includes(kind)))
    found.add(`unanswered ${wire} ${request.method}`, input, text);
  if (status > 0 && inside.test(text)) found.add(`leak ${wire} ${inside.exec(text)[0]}`, input, text);
};

const fuzzRest = async (about, found) => {
  const { url, wire, client, total } = about;
  const [next, kinds, statuses] = [inputsOf(wire.name, requestKinds, total), tally(), tally()];
  let users;
  let used = inputsPerUser;
  const usersNow = async () => {
    if (used >= inputsPerUser) {
      used = 0;
      users = Promise.all([client.user(url), client.user(url)]).then(([user, spare]) => ({ user, spare }));
    }
    used += 1;
    return users;
  };
  const work = async () => {
    for (let input = next(); input; input = next()) {
      const request = requestOf(input.kind, chooser(input.random), wire, await usersNow());
      let answer = await sendRequest(url, request);
      // A kept connection that the gateway had just closed: any client asks again.
      if (answer.status === 0 && !request.raw) answer = await sendRequest(url, request);
      kinds.add(input.kind);
      statuses.add(answer.status > 0 ? `${Math.floor(answer.status / 100)}xx` : 'cut off');
      judgeAnswer(wire.name, input, request, answer, found);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return { kinds, statuses };
};

const fuzzSockets = async (about, found) => {
  const { url, wire, client, total } = about;
  const [next, kinds, closes] = [inputsOf(wire.name, frameKinds, total), tally(), tally()];
  const told = ({ said, about: { received, status, code, error, late }, refused }) => {
    for (const { kind } of said) kinds.add(kind);
    closes.add(status !== null ? `HTTP ${status}` : code === null ? 'let in' : `closed ${code}`);
    const input = said
      .map(({ index, kind, frame }) => `#${index} ${kind}: ${short(shown(frame), 300)}`)
      .join('\n         ');
    if (status >= 500 || code === 1011)
      found.add(`5xx ${wire.name} socket ${status ?? code}`, input, received.join('\n'));
    if (late) found.add(`unanswered ${wire.name} ping`, input, received.join('\n'));
    if (refused) found.add(`unanswered ${wire.name} handshake`, input, `${status} ${code} ${error}`);
    const leaked = received.find((frame) => inside.test(frame));
    if (leaked !== undefined) found.add(`leak ${wire.name} socket ${inside.exec(leaked)[0]}`, input, leaked);
  };
  const user = await client.user(url);
  const work = async (mine) => speakBadly({ url, wire, client, user: mine, next, told });
  const others = await Promise.all(Array.from({ length: Math.min(4, atOnce) }, () => client.user(url)));
  await Promise.all([user, ...others].map(work));
  return { kinds, statuses: closes };
};

const memoryOf = (pid) => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;

/** Lines that a service wrote because it met what it did not expect. */
const errorsIn = (folder) =>
  readdirSync(folder).flatMap((file) =>
    readFileSync(`${folder}/${file}`, 'utf8')
      .split('\n')
      .filter((line) => /"level":"(error|fatal)"|^\s+at /.test(line))
      .map((line) => `${file}: ${line}`),
  );

const fuzzWire = async (stack, wire, found) => {
  const [url] = stack.urls;
  const began = performance.now();
  const about = { url, wire, client: clients[wire.name], total: Math.ceil(count / 2) };
  if (!about.client) throw new Error(`${wire.name} has no good client here: add one to test/system/fuzz/clients.js`);
  console.log(`\n  ${wire.name}: ${wire.operations.length} operations, ${wire.frames.length} frames`);
  const rest = await fuzzRest(about, found);
  const sockets = await fuzzSockets(about, found);
  figure(`${wire.name}: requests by status`, rest.statuses.text());
  figure(`${wire.name}: sockets by their end`, sockets.statuses.text());
  figure(`${wire.name}: took`, (performance.now() - began) / 1000, 's');
  return [rest.kinds.text(), sockets.kinds.text()];
};

const stackToFuzz = async () => {
  const stack = await startStack({
    scale: { gateway: 1 },
    environment: {
      PARLEY_SECRET: secret,
      PARLEY_FRAMES_PER_SECOND: '100000',
      PARLEY_FRAMES_BURST: '100000',
      PARLEY_REGISTRATIONS_PER_ADDRESS: '10000000',
      // Every header that names no address counts as one address.
      PARLEY_ADDRESS_REQUESTS_PER_SECOND: '1000000',
      PARLEY_ADDRESS_REQUESTS_BURST: '1000000',
      PARLEY_ADDRESS_CREDENTIALS_PER_SECOND: '1000000',
      PARLEY_ADDRESS_CREDENTIALS_BURST: '1000000',
      // So that each request may come from an address of its own: failed sign-ins are counted by address.
      PARLEY_TRUSTED_PROXIES: '127.0.0.1',
    },
  });
  afterwards(() => stack.stop());
  return stack;
};

const serves = async (stack, wire) => {
  // The last of the malformed may still be at work.
  const error = await eventually(() => isServed(stack.urls[0], clients[wire.name])).then(
    () => null,
    (cause) => cause,
  );
  check(`${wire.name}: the next good client is served${error === null ? '' : `: ${error.message}`}`, error === null);
};

await prove(
  async () => {
    const stack = await stackToFuzz();
    const ended = [];
    let over = false;
    for (const [name, each] of stack.processes)
      each.onExit((code, signal) => !over && ended.push(`${name} (${signal ?? code})`));
    const { pid } = stack.processes.get('gateway-1');
    const documented = [...(await documentedWires(stack.urls[0])).values()];
    const wires = documented.filter(({ name }) => values.wire === undefined || values.wire === name);
    // A gateway that is ready before auth answers says 503 for a moment, as it may.
    for (const wire of wires) await eventually(() => isServed(stack.urls[0], clients[wire.name]));
    const before = memoryOf(pid);
    let most = before;
    const watch = setInterval(() => ended.length === 0 && (most = Math.max(most, memoryOf(pid))), 200);
    afterwards(() => clearInterval(watch));
    const found = findings();
    console.log(`  seed ${seed}, ${count} to each of ${wires.length} wires`);
    let kinds;
    for (const wire of wires) kinds = await fuzzWire(stack, wire, found);
    console.log(`\n  of each wire, by kind\n    requests: ${kinds[0]}\n    frames: ${kinds[1]}\n`);
    for (const wire of wires) await serves(stack, wire);
    const errors = errorsIn(stack.logFolder);
    for (const line of errors.slice(0, 8)) console.log(`    ${short(line, 900)}`);
    figure('gateway: memory before, at most', `${before.toFixed(0)}, ${most.toFixed(0)} MB`);
    check(`no process ended by itself: ${ended.join(', ') || 'none'}`, ended.length === 0);
    check(`nothing is answered 5xx: ${found.count('5xx')}`, found.count('5xx') === 0);
    check(`everything is answered: ${found.count('unanswered')} were not`, found.count('unanswered') === 0);
    check(`nothing of the inside shows: ${found.count('leak')}`, found.count('leak') === 0);
    check(`no service met what it did not expect: ${errors.length} lines`, errors.length === 0);
    check(`the gateway's memory stays below ${memoryMaxMb} MB`, most < memoryMaxMb);
    over = true;
  },
  { withinMs: 580_000 },
);
finish();
