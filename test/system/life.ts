// All end in the same state: 30 SDK clients edit, delete, react, reply, write in threads, pin, mention and read in five channels and direct
// channels while gateways, chat and NATS are killed with SIGKILL in turn and come back; ten others are away meanwhile. Then every client's
// state is compared with what is stored, changes are counted, deleted texts are searched, and who has left must be seen as offline.
import { cpSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Saved } from '@parley/client';
import { type Stack, startStack } from '@parley/testing';
import { type Killing, startKilling, type Target } from './delivery/killing.js';
import { act, type Outcome } from './life/acting.js';
import {
  agreed,
  type Expectation,
  expectationsOf,
  pagesFollowEntries,
  readStore,
  type Store,
  wrongPins,
} from './life/agreement.js';
import {
  actingCount,
  awayCount,
  type Cast,
  comeBack,
  loadAll,
  moderatorsCount,
  openCast,
  reload,
} from './life/cast.js';
import { type Choice, choose } from './life/choices.js';
import { type Watch, watchPresence } from './life/ghosts.js';
import type { Person } from './life/people.js';
import { deletedMarks, marksIn, notOnce, rowsWith, unacknowledged, wrongCounts } from './life/rules.js';
import { recordedWire } from './life/wire.js';
import { afterwards, prove } from './proof/cleanup.js';
import { check, checkNone, figure, finish, percentiles } from './proof/figures.js';
import { readOptions, seedOf, text, whole } from './proof/options.js';
import { at, type Random, seeded } from './proof/random.js';

const { values } = readOptions({
  seconds: whole('how long they act (120)'),
  rate: whole('operations a second, of all together (30)'),
  seed: whole('repeats the choices of a run', 0),
  logs: text('<folder>', 'where the logs of the processes are kept'),
});
const { seconds = 120, rate = 30, logs } = values;
const seed = seedOf(values.seed);
const random = seeded(seed);
const reloadedCount = 6;
const agreementWithinMs = 60_000;
const offlineWithinMs = 20_000;
/** What a client may be refused when others act at the same time, or because it is no moderator. */
const expectedRefusals = ['not_sender', 'not_moderator', 'message_deleted', 'too_many_reactions', 'too_many_pins'];

const wire = recordedWire();

/** Whom a text mentions: an account that is connected or away, sometimes everyone. */
const mentionOf = (detail: number): string =>
  detail > 0.95 ? '@channel' : `@life-${Math.floor((detail * 997) % (actingCount + awayCount))}`;

const actAll = async ({ acting }: Cast, choices: readonly Choice[]): Promise<Outcome[]> => {
  const began = performance.now();
  const outcomes: Promise<Outcome>[] = [];
  let settled = 0;
  const progress = setInterval(() => {
    const second = Math.round((performance.now() - began) / 1_000);
    console.log(`  … ${second} s: ${outcomes.length} done, ${settled} settled, ${wire.counts.received} frames`);
  }, 10_000);
  for (const choice of choices) {
    await sleep(Math.max(0, choice.atMs - (performance.now() - began)));
    const acted = act(at(acting, choice.person), choice, mentionOf);
    outcomes.push(acted.finally(() => (settled += 1)));
  }
  return Promise.all(outcomes).finally(() => clearInterval(progress));
};

const killAll = ({ processes, nats }: Stack, choice: Random): Killing => {
  const killed = [...processes].filter(([name]) => /^(chat|gateway)-/.test(name));
  const targets = new Map<string, Target>([...killed, ['nats', nats]]);
  return startKilling(targets, { random: choice, everyMs: [1_500, 3_000] });
};

const counted = (names: readonly string[]): [string, number][] => {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => a.localeCompare(b));
};

const refusalOf = ({ result }: Outcome): string | null => (typeof result === 'object' ? result.reason : null);

const report = (outcomes: readonly Outcome[], killing: Killing, acting: readonly Person[]): void => {
  const acknowledged = outcomes.filter(({ result }) => result === 'acknowledged');
  for (const [kind, count] of counted(outcomes.map(({ choice }) => choice.kind))) {
    const done = acknowledged.filter(({ choice }) => choice.kind === kind).length;
    figure(`${kind}: chosen, acknowledged`, `${count}, ${done}`);
  }
  figure('acknowledged', acknowledged.length);
  figure('skipped: no message to do it with', outcomes.filter(({ result }) => result === 'skipped').length);
  const refused = outcomes.flatMap((outcome) => refusalOf(outcome) ?? []);
  for (const [reason, count] of counted(refused)) figure(`refused: ${reason}`, count);
  const times = acknowledged.map(({ ms }) => ms);
  percentiles('acknowledged within', times, [0.5, 0.99]);
  figure('acknowledged within, longest', Math.max(...times) / 1_000, 's');
  for (const [name, count] of killing.kills) figure(`kills of ${name}`, count);
  const { counts, acknowledged: byClientId } = wire;
  figure('attempts on the wire', counts.attempts);
  figure('acknowledged as a repeat', [...byClientId.values()].filter(({ repeated }) => repeated).length);
  figure(
    'reconnections',
    acting.reduce((sum, { opened }) => sum + opened.count - 1, 0),
  );
  figure('resumes', counts.resumes);
  figure('resets', counts.resets);
  const unexpected = refused.filter((reason) => !expectedRefusals.includes(reason));
  checkNone('nothing failed, and nothing was refused for another reason than its rules', unexpected);
  check(`everything came back: ${killing.faults.join('; ') || 'yes'}`, killing.faults.length === 0);
};

interface Finale {
  /** One for each account: those who acted, and those who came back. */
  readonly people: readonly Person[];
  readonly back: readonly Person[];
  readonly reloaded: readonly Person[];
  /** Of those who came back: up to where they had received. */
  readonly positions: ReadonlyMap<string, Saved | null>;
  /** When the last operation had ended (`performance.now()`). */
  readonly settledAt: number;
}

/** Those who were away come back on one gateway, and some accounts load everything anew. */
const gather = async ({ acting, away, places }: Cast, urls: readonly string[]): Promise<Finale> => {
  const settledAt = performance.now();
  const positions = new Map(away.map(({ account, storage }) => [account.id, storage.saved()]));
  const [back, reloaded]: [Person[], Person[]] = [[], []];
  for (const each of away) back.push(await comeBack(each, places, [at(urls, 0)], wire));
  for (const person of acting.slice(0, reloadedCount)) reloaded.push(await reload(person, places, urls, wire));
  return { people: [...acting, ...back], back, reloaded, positions, settledAt };
};

const verifyStates = async (
  { people, reloaded, positions, settledAt }: Finale,
  { places }: Cast,
  store: Store,
): Promise<void> => {
  const expectations: Expectation[] = [];
  for (const person of [...people, ...reloaded]) {
    await loadAll(person);
    const { inbox = 0, channels = {} } = positions.get(person.id) ?? {};
    const all = await expectationsOf(person, store, { places, inbox, channels });
    // Streams begin now for one that loads everything anew.
    expectations.push(...all.filter(({ name }) => !reloaded.includes(person) || !/ (received|folded) /.test(name)));
  }
  figure('states that were compared', expectations.length);
  const comparedAt = performance.now();
  const differences = await agreed(expectations, agreementWithinMs);
  const [all, waited] = [performance.now() - settledAt, performance.now() - comparedAt];
  figure('time to agreement, from the last operation on', all / 1_000, 's');
  figure('of which is waiting, after everything was read', waited / 1_000, 's');
  for (const what of ['shows', 'folded', 'received', 'counts']) {
    const those = differences.filter((difference) => difference.includes(` ${what} `));
    checkNone(`what every client ${what} is what is stored`, those);
  }
};

const verifyStore = async ({ people, reloaded }: Finale, store: Store, databaseUrl: string): Promise<void> => {
  const { acknowledged } = wire;
  const entries = [...store.logs.values()].flat();
  figure('entries', entries.length);
  figure('messages', entries.filter(({ kind }) => kind === 'message.created').length);
  checkNone('pages are what the entries make of a channel', pagesFollowEntries(store));
  checkNone('pinned messages are those that the entries leave pinned', await wrongPins(store));
  checkNone('unread, mentions and read positions are what the entries make them', wrongCounts(people, store));
  checkNone('each acknowledged change happened once', notOnce(store, acknowledged));
  checkNone('nothing happened that was not acknowledged', unacknowledged(store, acknowledged));
  const marks = deletedMarks(store, seconds * rate);
  figure('deleted messages', marks.size);
  const shown = [...people, ...reloaded].flatMap((person) => textsOf(person).map((each) => `${person.name} ${each}`));
  check('the search for texts finds those that are there', shown.length > 0);
  checkNone(
    'no client has a deleted text',
    shown.filter((each) => marks.has(each.split(' ').at(-1) ?? '')),
  );
  checkNone('no table has a deleted text', await rowsWith(databaseUrl, marks));
};

/** The marks of all texts that a client shows or has folded. */
const textsOf = ({ channels, threads, folds }: Person): string[] => [
  ...[...channels.values()].flatMap(({ messages }) => marksIn(JSON.stringify(messages.items))),
  ...[...channels.values()].flatMap(({ last }) => marksIn(JSON.stringify(last.value))),
  ...[...threads.values()].flatMap((thread) => marksIn(JSON.stringify([thread.items, thread.root.value]))),
  ...[...folds.values()].flatMap((fold) => marksIn(JSON.stringify(fold.all()))),
];

/** Waits until the observer sees all of these in this state. */
const seen = async (watch: Watch, people: readonly Person[], state: 'online' | 'offline'): Promise<void> => {
  const began = performance.now();
  let others = watch.others(people, state);
  for (; others.length > 0 && performance.now() - began < offlineWithinMs; others = watch.others(people, state))
    await sleep(50);
  figure(`${people.length} are ${state} for one who looks after`, (performance.now() - began) / 1_000, 's');
  checkNone(`all are ${state} within ${offlineWithinMs / 1_000} s`, others);
};

/** Some close, and the only gateway of others is killed; the rest moves to another one. */
const verifyPresence = async ({ people, back }: Finale, watch: Watch, stack: Stack): Promise<void> => {
  await seen(watch, people, 'online');
  const acting = people.filter((person) => !back.includes(person));
  const leaving = acting.filter((_, index) => index % 2 === 1);
  const staying = acting.filter((_, index) => index % 2 === 0);
  await Promise.all(leaving.map(({ client }) => client.close()));
  await seen(watch, leaving, 'offline');
  await stack.processes.get('gateway-1')?.kill('SIGKILL');
  await seen(watch, [...back, ...leaving], 'offline');
  await seen(watch, staying, 'online');
  await Promise.all(back.map(({ client }) => client.close()));
};

const scale = { auth: 2, topics: 2, chat: 2, signaling: 2, gateway: 2 };
const environment = { PARLEY_FRAMES_BURST: '100000', PARLEY_ADDRESS_REQUESTS_BURST: '100000' };

await prove(
  async () => {
    const began = performance.now();
    console.log(`  seed ${seed}, ${seconds} s, ${rate} operations a second`);
    const stack = await startStack({ scale, environment });
    afterwards(() => stack.stop());
    if (logs) afterwards(() => cpSync(stack.logFolder, logs, { recursive: true }));
    const cast = await openCast(stack.urls, wire);
    const { acting, away } = cast;
    const watch = watchPresence(at(acting, 0), [...acting, ...away.map(({ account }) => account)]);
    const choices = choose({ seconds, rate, people: acting.length, moderators: moderatorsCount, random });
    const killing = killAll(stack, random);
    afterwards(() => killing.stop());
    const doing = actAll(cast, choices);
    await sleep(seconds * 1_000);
    await killing.stop();
    const outcomes = await doing;
    report(outcomes, killing, acting);
    const finale = await gather(cast, stack.urls);
    const store = await readStore(finale.people, stack.urls);
    await verifyStates(finale, cast, store);
    await verifyStore(finale, store, stack.databaseUrl);
    await Promise.all(finale.reloaded.map(({ client }) => client.close()));
    await verifyPresence(finale, watch, stack);
    figure('time', (performance.now() - began) / 1_000, 's');
  },
  { withinMs: 480_000 },
);
finish();
