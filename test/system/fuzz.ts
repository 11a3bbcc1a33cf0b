// Malformed requests and frames, thousands to each wire from a seeded generator: no process ends, nothing is answered with 5xx, no answer
// exposes internals, memory is bounded, and the next well-behaved client of each wire is served. What ends a session, or a frame that
// happens to be good, is not wrong; only these are.
import { readdirSync, readFileSync } from 'node:fs';
import { eventually, type Stack, startStack } from '@parley/testing';
import { clients, type FuzzClient, type FuzzUser, isServed, isWireName } from './fuzz/clients.js';
import { documentedWires, type Wire } from './fuzz/documented.js';
import { Findings, Tally, short, shown } from './fuzz/findings.js';
import { frameKinds, type FuzzInput, fuzzFrames, type SocketOutcome } from './fuzz/frames.js';
import { chooser } from './fuzz/malformed.js';
import { type FuzzAnswer, type FuzzRequest, requestKinds, requestOf, sendRequest } from './fuzz/requests.js';
import { afterwards, prove } from './proof/cleanup.js';
import { check, figure, finish } from './proof/figures.js';
import { readOptions, text, whole } from './proof/options.js';
import { at, seeded } from './proof/random.js';
import { residentMb } from './proof/usage.js';

const { values } = readOptions({
  seed: whole('repeats a run (1)', 0),
  count: whole('inputs for each wire (10000)'),
  wire: text('<name>', 'one wire'),
  'at-once': whole('inputs at once (12)'),
});
const { seed = 1, count = 10_000, 'at-once': atOnce = 12 } = values;
/** Inputs that one user is used for: some of them end sessions, leave channels or close them. */
const inputsPerUser = 500;
const memoryMaxMb = 600;
const secret = 'fuzz-secret-that-must-never-be-seen-0123456789';

const internals = new RegExp(
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

const inputsOf = (wire: string, kinds: readonly string[], total: number): (() => FuzzInput | null) => {
  let index = 0;
  return () => {
    if (index >= total) return null;
    const random = seeded(
      seed * 1_000_003 + index * 7_919 + wire.length * 31 + wire.charCodeAt(0) + kinds.length * 101,
    );
    const kind = at(kinds, index);
    index += 1;
    return { index, kind, random };
  };
};

/** May end without an answer: the gateway stops reading what is too much, or what is no HTTP. */
const mayBeCut = ['oversized', 'odd header', 'no HTTP', 'deep nesting'];

interface Target {
  readonly url: string;
  readonly wire: Wire;
  readonly client: FuzzClient;
  readonly findings: Findings;
}

const judgeAnswer = (
  { wire, findings }: Target,
  { kind, index }: FuzzInput,
  request: FuzzRequest,
  { status, text: answer }: FuzzAnswer,
): void => {
  const [method, input] =
    'raw' in request
      ? ['raw', shown(request.raw)]
      : [request.method, `${JSON.stringify({ ...request, body: undefined })} ${shown(request.body ?? '')}`];
  const named = `${wire.name} REST ${kind} #${index}: ${input}`;
  if (status >= 500) findings.add(`5xx ${wire.name} ${method} ${status}`, named, answer);
  if (status === -1 || (status === 0 && !mayBeCut.includes(kind)))
    findings.add(`unanswered ${wire.name} ${method}`, named, answer);
  const leaked = status > 0 ? internals.exec(answer)?.[0] : undefined;
  if (leaked !== undefined) findings.add(`leak ${wire.name} ${leaked}`, named, answer);
};

interface Fuzzed {
  readonly kinds: Tally;
  readonly statuses: Tally;
}

const fuzzRest = async (target: Target, total: number): Promise<Fuzzed> => {
  const { url, wire, client } = target;
  const [next, kinds, statuses] = [inputsOf(wire.name, requestKinds, total), new Tally(), new Tally()];
  const newUsers = async () => ({ user: await client.user(url), spare: await client.user(url) });
  let users = newUsers();
  let used = 0;
  const usersNow = () => {
    used += 1;
    if (used % inputsPerUser === 0) users = newUsers();
    return users;
  };
  const work = async (): Promise<void> => {
    for (let input = next(); input; input = next()) {
      const request = requestOf(input.kind, chooser(input.random), wire, await usersNow());
      let answer = await sendRequest(url, request);
      // A kept connection that the gateway had just closed: any client asks again.
      if (answer.status === 0 && !('raw' in request)) answer = await sendRequest(url, request);
      kinds.add(input.kind);
      statuses.add(answer.status > 0 ? `${Math.floor(answer.status / 100)}xx` : 'cut off');
      judgeAnswer(target, input, request, answer);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return { kinds, statuses };
};

const judgeSocket = ({ wire, findings }: Target, { sent, connection, isLate, isRefused }: SocketOutcome): void => {
  const { received, status, code, error } = connection;
  const input = sent
    .map(({ index, kind, frame }) => `#${index} ${kind}: ${short(shown(frame), 300)}`)
    .join('\n         ');
  const output = received.join('\n');
  if ((status ?? 0) >= 500 || code === 1011) findings.add(`5xx ${wire.name} socket ${status ?? code}`, input, output);
  if (isLate) findings.add(`unanswered ${wire.name} ping`, input, output);
  if (isRefused) findings.add(`unanswered ${wire.name} handshake`, input, `${status} ${code} ${error}`);
  const leaked = internals.exec(output)?.[0];
  if (leaked !== undefined) findings.add(`leak ${wire.name} socket ${leaked}`, input, output);
};

const endOf = ({ connection: { status, code } }: SocketOutcome): string => {
  if (status !== null) return `HTTP ${status}`;
  return code === null ? 'stays open' : `closed ${code}`;
};

const fuzzSockets = async (target: Target, total: number): Promise<Fuzzed> => {
  const { url, wire, client } = target;
  const [next, kinds, statuses] = [inputsOf(wire.name, frameKinds, total), new Tally(), new Tally()];
  const onOutcome = (outcome: SocketOutcome): void => {
    for (const { kind } of outcome.sent) kinds.add(kind);
    statuses.add(endOf(outcome));
    judgeSocket(target, outcome);
  };
  const users = await Promise.all(Array.from({ length: 1 + Math.min(4, atOnce) }, () => client.user(url)));
  await Promise.all(users.map((user: FuzzUser) => fuzzFrames({ url, wire, user, next, onOutcome })));
  return { kinds, statuses };
};

/** Lines that a service wrote because it met what it did not expect. */
const errorsIn = (folder: string): string[] =>
  readdirSync(folder).flatMap((file) =>
    readFileSync(`${folder}/${file}`, 'utf8')
      .split('\n')
      .filter((line) => /"level":"(error|fatal)"|^\s+at /.test(line))
      .map((line) => `${file}: ${line}`),
  );

const clientOf = ({ name }: Wire): FuzzClient => {
  if (isWireName(name)) return clients[name];
  throw new Error(`${name} has no client here: add one to test/system/fuzz/clients.ts`);
};

/** Returns how many inputs of each kind there were: requests, frames. */
const fuzzWire = async (url: string, wire: Wire, findings: Findings): Promise<readonly [string, string]> => {
  const began = performance.now();
  const target = { url, wire, client: clientOf(wire), findings };
  console.log(`\n  ${wire.name}: ${wire.operations.length} operations, ${wire.frames.length} frames`);
  const rest = await fuzzRest(target, Math.ceil(count / 2));
  const sockets = await fuzzSockets(target, Math.ceil(count / 2));
  figure(`${wire.name}: requests by status`, rest.statuses.toString());
  figure(`${wire.name}: sockets by their end`, sockets.statuses.toString());
  figure(`${wire.name}: took`, (performance.now() - began) / 1000, 's');
  return [rest.kinds.toString(), sockets.kinds.toString()];
};

const startFuzzed = async (): Promise<Stack> => {
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

const verifyServed = async (url: string, wire: Wire): Promise<void> => {
  // The last of the malformed may still be at work.
  const error = await eventually(() => isServed(url, clientOf(wire))).then(
    () => '',
    (cause: unknown) => String(cause),
  );
  check(`${wire.name}: the next good client is served${error === '' ? '' : `: ${error}`}`, error === '');
};

await prove(
  async () => {
    const stack = await startFuzzed();
    const url = at(stack.urls, 0);
    const ended: string[] = [];
    for (const [name, each] of stack.processes)
      each.onExit((code, signal) => ended.push(`${name} (${signal ?? code})`));
    const pid = stack.processes.get('gateway-1')?.pid ?? 0;
    const wires = (await documentedWires(url)).filter(({ name }) => values.wire === undefined || values.wire === name);
    // A gateway that is ready before auth answers says 503 for a moment, as it may.
    for (const wire of wires) await eventually(() => isServed(url, clientOf(wire)));
    const before = residentMb(pid);
    let most = before;
    const watch = setInterval(() => (most = Math.max(most, residentMb(pid))), 200);
    afterwards(() => clearInterval(watch));
    const findings = new Findings();
    console.log(`  seed ${seed}, ${count} to each of ${wires.length} wires`);
    let kinds: readonly [string, string] = ['', ''];
    for (const wire of wires) kinds = await fuzzWire(url, wire, findings);
    console.log(`\n  of each wire, by kind\n    requests: ${kinds[0]}\n    frames: ${kinds[1]}\n`);
    for (const wire of wires) await verifyServed(url, wire);
    const errors = errorsIn(stack.logFolder);
    for (const line of errors.slice(0, 8)) console.log(`    ${short(line, 900)}`);
    figure('gateway: memory before, at most', `${before.toFixed(0)}, ${most.toFixed(0)} MB`);
    check(`no process ended by itself: ${ended.join(', ') || 'none'}`, ended.length === 0);
    check(`nothing is answered 5xx: ${findings.count('5xx')}`, findings.count('5xx') === 0);
    check(`everything is answered: ${findings.count('unanswered')} were not`, findings.count('unanswered') === 0);
    check(`nothing of the inside shows: ${findings.count('leak')}`, findings.count('leak') === 0);
    check(`no service met what it did not expect: ${errors.length} lines`, errors.length === 0);
    check(`the gateway's memory stays below ${memoryMaxMb} MB`, most < memoryMaxMb);
  },
  { withinMs: 580_000 },
);
finish();
