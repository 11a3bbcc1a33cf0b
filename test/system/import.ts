// An old database moves into a running stack while another realm is used: rows per second, the memory of the importer, and how long sends
// in the other realm take beside an idle system. The importer is killed at five random moments; afterwards nothing is missing and nothing is
// there twice, every conversation has its order, and the old passwords work.
import { rmSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, startStack } from '@parley/testing';
import { signIn } from '../clients/conversations.js';
import { as, textContent, v1User } from '../clients/v1.js';
import { contradictions, importedOrders, mappedIn, messagesIn } from './import/imported.js';
import { type Run, runImporter } from './import/importer-process.js';
import { makeOldDatabase, oldPassword } from './import/old-database.js';
import { afterwards, prove } from './proof/cleanup.js';
import { check, checkNone, figure, finish, percentile } from './proof/figures.js';
import { flag, readOptions, seedOf, whole } from './proof/options.js';
import { seeded } from './proof/random.js';

const { values } = readOptions({
  messages: whole('messages of the old database (20000)'),
  users: whole('users of the old database (500)'),
  full: flag('one million messages and 10,000 users'),
  kills: whole('how often the importer is killed (5)', 0),
  seed: whole('of the moments at which it is killed'),
});
const messages = values.messages ?? (values.full ? 1_000_000 : 20_000);
const users = values.users ?? (values.full ? 10_000 : 500);
const counts = { users, messages, conversations: Math.max(5, Math.ceil(messages / 5_000)) };
const seed = seedOf(values.seed);
const realm = 'conversations';
const megabytesMax = 300;
const idleSends = 100;
const sendEveryMs = 50;
const withinMs = values.full ? 60 * 60_000 : 15 * 60_000;

/** Sends in a room of another realm until it is stopped; resolves with how long each took. */
const send = async (url: string, enough: (sent: number) => boolean): Promise<number[]> => {
  const user = await v1User(url);
  const request = as(url, user);
  const { body: channel } = await request('POST /channels', { kind: 'room', title: 'Meanwhile' });
  const { id } = channel as { id: string };
  const took: number[] = [];
  while (!enough(took.length)) {
    const began = performance.now();
    const { status } = await request(`POST /channels/${id}/messages`, {
      clientId: `m${took.length}`,
      content: textContent('meanwhile'),
    });
    if (status >= 300) throw new Error(`A send in another realm was answered ${status}`);
    took.push(performance.now() - began);
    await sleep(sendEveryMs);
  }
  return took;
};

const importWithKills = async (
  source: string,
  databaseUrl: string,
  natsUrl: string,
  report: string,
): Promise<Run[]> => {
  const random = seeded(seed);
  const moments = Array.from({ length: values.kills ?? 5 }, () => Math.floor(random() * messages)).sort(
    (a, b) => a - b,
  );
  const words = ['conversations', source, '--realm', realm, '--report', report];
  const runs: Run[] = [];
  for (const moment of [...moments, Infinity]) {
    const kill = async (): Promise<boolean> => (await messagesIn(databaseUrl, realm)) >= moment;
    const run = await runImporter(words, { NATS_URL: natsUrl }, moment === Infinity ? async () => false : kill);
    runs.push(run);
    figure(`run ${runs.length}: ended with ${run.ended} at`, await messagesIn(databaseUrl, realm), 'messages');
    if (run.ended === 'SIGKILL') await checkLocked();
  }
  return runs;
};

let gatewayUrl = '';
const checkLocked = async (): Promise<void> => {
  const { status } = await signIn(gatewayUrl, 'user1', oldPassword);
  check('nobody can sign in to the realm meanwhile (503)', status === 503);
};

await prove(
  async () => {
    console.log(`\nseed ${seed}: ${messages.toLocaleString('en')} messages, ${users.toLocaleString('en')} users`);
    const stack = await startStack({ environment: { PARLEY_ACCESS_MINUTES_V1: '1000' } });
    afterwards(() => stack.stop());
    gatewayUrl = stack.urls[0] ?? '';
    const folder = mkdtempSync(join(tmpdir(), 'parley-import-'));
    afterwards(() => rmSync(folder, { recursive: true, force: true }));
    const report = join(folder, 'report.jsonl');
    const old = await makeOldDatabase(stack.databaseUrl, counts);

    const idle = await send(gatewayUrl, (sent) => sent >= idleSends);
    let isDone = false;
    const beside = send(gatewayUrl, () => isDone);
    const runs = await importWithKills(old.url, stack.databaseUrl, stack.nats.urlOf('importer'), report).finally(
      () => (isDone = true),
    );
    const meanwhile = await beside;

    const last = runs.at(-1);
    if (last?.ended !== 0) console.log(last?.said);
    check('the last run ends well', last?.ended === 0);
    const seconds = runs.reduce((sum, run) => sum + run.seconds, 0);
    const mostMb = Math.max(...runs.map((run) => run.mostMb));
    figure('rows per second, all runs and their checks of the source included', (messages + users) / seconds);
    figure('most memory of the importer', mostMb, 'MB');
    check(`the importer takes less than ${megabytesMax} MB`, mostMb < megabytesMax);
    figure('sends in another realm, idle, p99', percentile(idle, 0.99), 'ms');
    figure('sends in another realm, during the import, p99', percentile(meanwhile, 0.99), 'ms');

    checkNone('nothing is missing or doubled', await contradictions(stack.databaseUrl, realm, counts));
    const [before, after] = [await old.orders(), await importedOrders(stack.databaseUrl, realm)];
    const differing = [...before].filter(([number, digest]) => after.get(number) !== digest);
    checkNone(
      'every conversation has the order of the old server',
      differing.map(([number]) => `conversation ${number}`),
    );
    check('the report maps every message', (await mappedIn(report)) === messages);
    const signedIn = await eventually(async () => {
      const answer = await signIn(gatewayUrl, `user${users}`, oldPassword);
      if (answer.status !== 200) throw new Error(`answered ${answer.status}`);
      return answer.status;
    });
    check('the old passwords work', signedIn === 200);
    const again = await runImporter(
      ['conversations', old.url, '--realm', realm, '--report', report],
      { NATS_URL: stack.nats.urlOf('importer') },
      async () => false,
    );
    check('another run adds nothing', again.ended === 0 && again.said.includes('nothing was added'));
  },
  { withinMs },
);
finish();
