// The compose file from outside, under a project of its own: what the images weigh and hold, what each container may do, where secrets
// show, every journey through the one port, and SDK clients that lose nothing while gateways and chats are scaled and killed.
import { setTimeout as sleep } from 'node:timers/promises';
import { signUp } from '@parley/client';
import { stackServices } from '@parley/testing';
import { ask } from '../clients/http.js';
import { type Container, docker, inspectContainers, inspectImages } from './compose/engine.js';
import { excessRights, placesOf, unexpectedFiles, usersOf } from './compose/hardening.js';
import { backUpAndRestore, failBackup } from './compose/backup.js';
import { makeOldDatabase, tryImport } from './compose/importing.js';
import { settingsOfProfiles, tryProfiles } from './compose/profiles.js';
import { openProject, until } from './compose/project.js';
import { startKilling } from './delivery/killing.js';
import {
  acknowledgedOf,
  attachAll,
  failedOf,
  openRecordingClient,
  type Outcome,
  type RecordingClient,
  send,
} from './delivery/recording-client.js';
import { verifyDelivery } from './delivery/verify-delivery.js';
import { afterwards, prove } from './proof/cleanup.js';
import { check, checkNone, figure, finish } from './proof/figures.js';
import { flagOn, readOptions, seedOf, text, whole } from './proof/options.js';
import { at, seeded } from './proof/random.js';
import { failureOf, runTests } from './proof/run-tests.js';

// `--only images,journeys` chooses parts; other words name journeys.
const { values, positionals } = readOptions(
  {
    build: flagOn('takes the images that are there'),
    only: text('<part,…>', 'some parts'),
    screenshots: text('<folder>', 'where a picture of the web client over HTTPS is kept'),
    seconds: whole('how long they send (30)'),
    seed: whole('repeats a run', 0),
  },
  ['journey…'],
);
const isWanted = (part: string): boolean => values.only?.split(',').includes(part) ?? true;
const { seconds = 30 } = values;
const seed = seedOf(values.seed);
const megabytesMax = 80;
const failuresPerAddress = 100;
const publishedSecret = 'your-secret-key-change-this-in-production';

const stack = await openProject(await settingsOfProfiles(makeOldDatabase()), ['tls', 'observability', 'backup']);
const { compose, containers, environment, images, running, url, version } = stack;

/** What is printed when auth is started with this secret; empty when it starts. */
const refusalOf = (secret: string): Promise<string> => {
  const variables = { PARLEY_SECRET: secret, NATS_URL: 'nats://nats', DATABASE_URL: 'postgres://postgres/parley' };
  const names = Object.keys(variables).map((name) => `--env=${name}`);
  return docker(['run', '--rm', '--read-only', '--network=none', ...names, at(images, 0)], {
    environment: variables,
  }).then(
    () => '',
    (error: unknown) => (error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error)),
  );
};

/** The base is what an image was begun from: the layers that it shares with it weigh nothing more. */
const tryImages = async (): Promise<void> => {
  const [base] = await inspectImages([process.env.NODE_IMAGE ?? 'node:24-bookworm-slim']);
  for (const [index, image] of (await inspectImages(images)).entries()) {
    const service = at(stackServices, index);
    const { User, Healthcheck, Labels, Env } = image.Config;
    const megabytes = (image.Size - (base?.Size ?? 0)) / 1e6;
    figure(`${service}: on top of its base`, megabytes, 'MB');
    check(`${service}: at most ${megabytesMax} MB`, megabytes > 0 && megabytes <= megabytesMax);
    check(`${service}: not root, by number (${User})`, /^[1-9]\d*:[1-9]\d*$/.test(User));
    check(`${service}: says how it is asked for its health`, (Healthcheck?.Test?.length ?? 0) > 1);
    const [title = '', ...others] = ['title', 'version', 'revision'].map(
      (name) => Labels[`org.opencontainers.image.${name}`] ?? '',
    );
    const isOurs = !values.build || others.join() === `${version},${environment['PARLEY_REVISION'] ?? ''}`;
    check(
      `${service}: labelled ${title} ${others.join(' ')}`,
      title === `parley-${service}` && others.every(Boolean) && isOurs,
    );
    const names = Env.map((each) => each.split('=')[0] ?? '');
    const secret = names.filter((name) => /SECRET|PASSWORD|TOKEN|_KEY|_URL/.test(name));
    check(`${service}: no secret among its settings ${secret.join()}`, secret.length === 0);
  }
  check('auth does not start without a secret', (await refusalOf('')).includes('PARLEY_SECRET: is required'));
  const published = await refusalOf(publishedSecret);
  check('nor with one that is published', published.includes('PARLEY_SECRET: is printed in a public'));
};

const bringUp = async (): Promise<void> => {
  const began = performance.now();
  await stack.up({ gateway: 2, chat: 2 });
  figure('up, from no volume to a port that answers', (performance.now() - began) / 1000, 's');
  check('every container becomes healthy', await stack.allHealthy());
  const job = async () => (await inspectContainers(await containers('sample-data')))[0]?.State;
  check('the job for sample data has ended', await until(async () => (await job())?.Status === 'exited', 60_000));
  check('and that job ended with 0', (await job())?.ExitCode === 0);
};

const inContainer = async (id: string, script: string): Promise<string> => docker(['exec', id, 'sh', '-c', script]);
const first = async (service: string): Promise<string> => at(await containers(service), 0);

const readSecret = async (service: string, path: string): Promise<string> =>
  (await docker(['exec', await first(service), 'cat', `/run/parley/${path}`])).trim();
const allSecrets = (): Promise<string[]> =>
  Promise.all([
    readSecret('auth', 'auth/secret'),
    readSecret('postgres', 'database/password'),
    readSecret('gateway', 'bus-gateway/password'),
    readSecret('redis', 'redis/password'),
  ]);

const tryRights = async (all: readonly Container[]): Promise<void> => {
  const excess = all.flatMap(excessRights);
  check(`no container has more rights than it needs ${excess.join('; ')}`, excess.length === 0);
  const alive = all.filter(({ State }) => State.Running).map(({ Id }) => Id);
  const users = await usersOf(alive);
  check(`none of ${users.length} processes is root's`, users.length > alive.length && !users.includes('0'));
  const written: string[] = [];
  for (const id of alive)
    await inContainer(id, 'echo >/written').then(
      () => written.push(id),
      () => undefined,
    );
  check('no container can write to its root', written.length === 0);
  const gateway = await first('gateway');
  const seen = await inContainer(gateway, 'ls -A /run/parley/auth /run/parley/database | grep -v ^/ || true');
  check('a gateway holds neither the password of the database nor the secret of auth', seen.trim() === '');
  const modes = await inContainer(gateway, 'stat -c "%a %u" /run/parley/bus-gateway/* /run/parley/redis/*');
  check('what is secret is read by its group and written by nobody', /^(440 10001\n)+$/.test(modes));
};

const trySecrets = async (alive: readonly string[]): Promise<void> => {
  const secrets = await allSecrets();
  check(
    'four secrets, each random and its own',
    new Set(secrets).size === 4 && secrets.every((each) => each.length >= 40),
  );
  const places = await placesOf({ ids: alive, images, compose, environment });
  for (const [place, content] of Object.entries(places))
    check(
      `no secret shows in ${place} (${content.length} characters)`,
      content.length > 0 && !secrets.some((each) => content.includes(each)),
    );
  for (const image of images) {
    const files = await unexpectedFiles(image, secrets);
    check(`${image}: no file of whoever built it, none with a secret ${files.join()}`, files.length === 0);
  }
  await compose(['up', '--detach', '--no-build', '--no-deps', '--force-recreate', 'secrets'], { quiet: false });
  const status = async () => (await inspectContainers(await containers('secrets')))[0]?.State.Status;
  await until(async () => (await status()) === 'exited', 60_000);
  check('a second start keeps every secret', (await allSecrets()).join() === secrets.join());
};

const tryHardening = async (): Promise<void> => {
  const all = await inspectContainers(await containers());
  await tryRights(all);
  await trySecrets(all.filter(({ State }) => State.Running).map(({ Id }) => Id));
};

const tryJourneys = async (): Promise<void> => {
  const some = positionals.length > 0 ? positionals.map((name) => `test/journeys/${name}`) : ['test/journeys/'];
  const files = await runTests([...some, '--testNamePattern', '\\(given\\)'], {
    PARLEY_TEST_URLS: url,
    PARLEY_TEST_FORMS: '',
  });
  const tests = files
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ fullName }) => fullName.includes('(given)'));
  const failed = tests.filter(({ status }) => status === 'failed');
  const passed = tests.filter(({ status }) => status === 'passed');
  figure('journeys through the port: tests that hold', passed.length);
  figure('not for a Parley that somebody else runs', tests.length - failed.length - passed.length);
  for (const test of failed) console.log(`    ${failureOf(test)}`);
  check('none fails', failed.length === 0 && tests.length > 0);
};

/** A process that crashes inside its container is restarted without help. */
const tryCrash = async (): Promise<void> => {
  const id = await first('signaling');
  const script =
    'for p in /proc/[0-9]*; do read -r -d "" name <$p/cmdline; if [ "$name" = node ]; then kill -9 "${p#/proc/}"; fi; done';
  await docker(['exec', id, 'bash', '-c', script]).catch(() => undefined);
  const restarted = async () => (await inspectContainers([id]))[0]?.RestartCount === 1;
  check(
    'a process that crashes is started again',
    (await until(restarted, 30_000)) && (await until(() => stack.isHealthy(id), 90_000)),
  );
};

const openUsers = async (count: number, name = 'composer'): Promise<RecordingClient[]> => {
  const users: RecordingClient[] = [];
  for (let index = 0; index < count; index += 1) {
    const tokens = await signUp({ url, username: `${name}-${index}`, password: 'correct horse' });
    users.push(await openRecordingClient({ url, tokens }));
  }
  return users;
};

const sendAll = async (users: readonly RecordingClient[], channels: readonly string[]): Promise<Promise<Outcome>[]> => {
  const outcomes: Promise<Outcome>[] = [];
  const end = performance.now() + seconds * 1000;
  for (let n = 0; performance.now() < end; n += 1) {
    const from = n % users.length;
    const target = n % 3 === 0 ? { directWith: at(users, from + 1).id } : { channelId: at(channels, n) };
    outcomes.push(send(at(users, from), { n, from, target }, 120_000));
    await sleep(40);
  }
  return outcomes;
};

const tryKilling = async (): Promise<void> => {
  await stack.up({ gateway: 3, chat: 2 });
  const [gateways, chats] = [await running('gateway'), await running('chat')];
  check(`scaled: ${gateways.length} gateways, ${chats.length} chats`, gateways.length === 3 && chats.length === 2);
  const users = await openUsers(12);
  const channels: string[] = [];
  for (let n = 1; n <= 3; n += 1) {
    const room = { kind: 'room' as const, title: `Room ${n} of ${stack.name}` };
    channels.push((await at(users, 0).client.rest.createChannel(room)).id);
  }
  for (const user of users) await attachAll(user, channels);
  const targets = [...gateways, ...chats].map((each) => [stack.nameOf(each), stack.replica(each)] as const);
  const killing = startKilling(new Map(targets), {
    random: seeded(seed),
    everyMs: [3_000, 5_000],
    downMs: [1_000, 2_000],
  });
  afterwards(() => killing.stop());
  const sending = await sendAll(users, channels);
  await killing.stop();
  const outcomes = await Promise.all(sending);
  figure('sent while they were killed', outcomes.length);
  figure('acknowledged as a repeat', acknowledgedOf(outcomes).filter(({ sent }) => sent.repeated).length);
  for (const [name, count] of killing.kills) figure(`kills of ${name}`, count);
  checkNone('nothing failed to be sent', failedOf(outcomes));
  checkNone('everything came back', killing.faults);
  await verifyDelivery({ users, channels, outcomes }, { withinMs: 60_000 });
};

/** Addresses that fail too often are refused, so a client that could choose its address could guess, or lock others out. */
const tryAddresses = async (): Promise<void> => {
  const wrong = (n: number | string) => ({ login: `nobody-${n}`, password: 'not the password' });
  const statuses: number[] = [];
  // The journeys failed a few times on purpose, from the same address.
  while (statuses.length <= failuresPerAddress && statuses.at(-1) !== 429) {
    const n = statuses.length;
    const headers = { 'x-forwarded-for': `198.51.100.${n % 250}` };
    statuses.push((await ask('POST', `${url}/v1/sessions`, { headers, body: wrong(n) })).status);
  }
  check(
    `after ${statuses.length - 1} wrong passwords an address is refused, whatever it claims`,
    statuses.length > 1 && statuses.slice(0, -1).every((status) => status === 401) && statuses.at(-1) === 429,
  );
  const headers = { 'content-type': 'application/json' };
  const options = JSON.stringify({ method: 'POST', headers, body: JSON.stringify(wrong('elsewhere')) });
  const script = `console.log((await fetch('http://proxy:8000/v1/sessions', ${options})).status)`;
  const elsewhere = await first('gateway');
  const status = (await docker(['exec', elsewhere, 'node', '--input-type=module', '--eval', script])).trim();
  check(`another address behind the same proxy is not (${status})`, status === '401');
};

await prove(
  async () => {
    stack.introduce(`seed ${seed}`);
    if (values.build) {
      const began = performance.now();
      await stack.build();
      figure('build', (performance.now() - began) / 1000, 's');
    }
    if (isWanted('images')) await tryImages();
    afterwards(async () => check('down again, nothing is left', await stack.down()));
    await bringUp();
    if (isWanted('hardening')) await tryHardening();
    if (isWanted('profiles')) await tryProfiles(stack, values.screenshots);
    if (isWanted('import')) await tryImport(stack);
    if (isWanted('journeys')) await tryJourneys();
    if (isWanted('killing')) {
      await tryCrash();
      await tryKilling();
    }
    if (isWanted('backup')) {
      await failBackup(stack);
      await backUpAndRestore(stack, await openUsers(6, 'keeper'));
    }
    // The last: it leaves this machine's address refused.
    if (isWanted('addresses')) await tryAddresses();
  },
  { withinMs: 2_700_000 },
);
finish();
