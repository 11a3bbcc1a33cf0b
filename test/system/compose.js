// The compose file from outside, under a project of its own: what the images weigh and hold, what each container may do, where secrets
// show, every journey through the one port, and SDK clients that lose nothing while gateways and chats are scaled and killed.
import { setTimeout as sleep } from 'node:timers/promises';
import { ParleyClient, signUp } from '@parley/client';
import { stackServices } from '@parley/testing';
import { afterwards, prove } from './proof/cleanup.js';
import { docker, inspect } from './compose/engine.js';
import { looseEnds, placesOf, strangeFiles, usersOf } from './compose/hardening.js';
import { openProject, until } from './compose/project.js';
import { check, figure, finish } from './proof/figures.js';
import { startKilling } from './delivery/killing.js';
import { seeded } from './proof/random.js';
import { receivedAll, judge, readStreams } from './delivery/streams.js';
import { runTests } from './proof/vitest.js';
import { readOptions, text, whole } from './proof/options.js';

// `--no-build` takes the images as they are; `--only images,journeys` chooses parts; other words name journeys.
const { values, positionals } = readOptions(
  {
    build: { type: 'boolean', default: true, help: 'takes the images that are there' },
    only: text('<part,…>', 'some parts'),
    seconds: whole('how long they send (30)'),
    seed: whole('repeats a run', 0),
  },
  ['journey…'],
);
const wanted = (part) => values.only === undefined || values.only.split(',').includes(part);
const seconds = Number(values.seconds ?? 30);
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const megabytesMax = 80;
const failuresPerAddress = 100;
const publishedSecret = 'your-secret-key-change-this-in-production';

const stack = await openProject({ PARLEY_V1_REALMS: 'mesh' });
const { compose, containers, environment, images, project, running, url, version } = stack;

/** The base is what an image was begun from: the layers that it shares with it weigh nothing more. */
const tryImages = async () => {
  const [base] = await inspect('image', [process.env.NODE_IMAGE ?? 'node:24-bookworm-slim']);
  for (const [index, image] of (await inspect('image', images)).entries()) {
    const service = stackServices[index];
    const { User, Healthcheck, Labels, Env } = image.Config;
    const megabytes = (image.Size - base.Size) / 1e6;
    figure(`${service}: on top of its base`, megabytes, 'MB');
    check(`${service}: at most ${megabytesMax} MB`, megabytes > 0 && megabytes <= megabytesMax);
    check(`${service}: not root, by number (${User})`, /^[1-9]\d*:[1-9]\d*$/.test(User));
    check(`${service}: says how it is asked for its health`, Healthcheck?.Test?.length > 1);
    const [title, ...others] = ['title', 'version', 'revision'].map(
      (name) => Labels[`org.opencontainers.image.${name}`],
    );
    const isOurs = !values.build || others.join() === `${version},${environment.PARLEY_REVISION}`;
    check(
      `${service}: labelled ${title} ${others.join(' ')}`,
      title === `parley-${service}` && others.every(Boolean) && isOurs,
    );
    const names = Env.map((each) => each.split('=')[0]).filter((name) => /SECRET|PASSWORD|TOKEN|_KEY|_URL/.test(name));
    check(`${service}: no secret among its settings ${names.join()}`, names.length === 0);
  }
  const refused = async (secret) =>
    docker(
      [
        'run',
        '--rm',
        '--read-only',
        '--network=none',
        '--env=PARLEY_SECRET',
        '--env=NATS_URL',
        '--env=DATABASE_URL',
        images[0],
      ],
      { environment: { PARLEY_SECRET: secret, NATS_URL: 'nats://nats', DATABASE_URL: 'postgres://postgres/parley' } },
    ).then(
      () => '',
      ({ stderr }) => stderr,
    );
  check('auth does not start without a secret', /PARLEY_SECRET: is required/.test(await refused('')));
  check('nor with one that is published', /PARLEY_SECRET: is printed in a public/.test(await refused(publishedSecret)));
};

const bringUp = async () => {
  const began = performance.now();
  await stack.up({ gateway: 2, chat: 2 });
  figure('up, from no volume to a port that answers', (performance.now() - began) / 1000, 's');
  check('every container becomes healthy', await stack.allHealthy());
  const job = async () => (await inspect('container', await containers('sample-data')))[0]?.State;
  check('the job for sample data has ended', await until(async () => (await job())?.Status === 'exited', 60_000));
  check('and that job ended with 0', (await job())?.ExitCode === 0);
};

const readSecret = async (service, path) => {
  const [id] = await containers(service);
  return (await docker(['exec', id, 'cat', `/run/parley/${path}`])).trim();
};
const allSecrets = () =>
  Promise.all([
    readSecret('auth', 'auth/secret'),
    readSecret('postgres', 'database/password'),
    readSecret('gateway', 'bus-gateway/password'),
    readSecret('redis', 'redis/password'),
  ]);

const tryHardening = async () => {
  const ids = await containers();
  const all = await inspect('container', ids);
  const loose = all.flatMap(looseEnds);
  check(`no container has more rights than it needs ${loose.join('; ')}`, loose.length === 0);
  const alive = all.filter(({ State }) => State.Running).map(({ Id }) => Id);
  const users = await usersOf(alive);
  check(`none of ${users.length} processes is root's`, users.length > alive.length && !users.includes('0'));
  const written = [];
  for (const id of alive)
    await docker(['exec', id, 'sh', '-c', 'echo >/written']).then(
      () => written.push(id),
      () => {},
    );
  check('no container can write to its root', written.length === 0);

  const secrets = await allSecrets();
  check(
    'four secrets, each random and its own',
    new Set(secrets).size === 4 && secrets.every((each) => each.length >= 40),
  );
  const places = await placesOf({ ids: alive, images, compose, environment });
  for (const [place, said] of Object.entries(places))
    check(
      `no secret shows in ${place} (${said.length} characters)`,
      said.length > 0 && !secrets.some((each) => said.includes(each)),
    );
  for (const image of images) {
    const strange = await strangeFiles(image, secrets);
    check(`${image}: no file of whoever built it, none with a secret ${strange.join()}`, strange.length === 0);
  }
  const [gateway] = await containers('gateway');
  const seen = await docker([
    'exec',
    gateway,
    'sh',
    '-c',
    'ls -A /run/parley/auth /run/parley/database | grep -v ^/ || true',
  ]);
  check('a gateway holds neither the password of the database nor the secret of auth', seen.trim() === '');
  const modes = await docker([
    'exec',
    gateway,
    'sh',
    '-c',
    'stat -c "%a %u" /run/parley/bus-gateway/* /run/parley/redis/*',
  ]);
  check('what is secret is read by its group and written by nobody', /^(440 10001\n)+$/.test(modes));

  await compose(['up', '--detach', '--no-build', '--no-deps', '--force-recreate', 'secrets'], { quiet: false });
  await until(
    async () => (await inspect('container', await containers('secrets')))[0]?.State.Status === 'exited',
    60_000,
  );
  check('a second start keeps every secret', (await allSecrets()).join() === secrets.join());
};

const tryJourneys = async () => {
  const some = positionals.map((name) => `test/journeys/${name}`);
  const given = ['--project', 'journeys', '--testNamePattern', '\\(given\\)'];
  const files = await runTests([...some, ...given], { PARLEY_TEST_URLS: url, PARLEY_TEST_FORMS: '' });
  const told = files
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ fullName }) => fullName.includes('(given)'));
  const failed = told.filter(({ status }) => status === 'failed');
  figure('journeys through the port: tests that hold', told.filter(({ status }) => status === 'passed').length);
  figure(
    'not for a Parley that somebody else runs',
    told.length - failed.length - told.filter(({ status }) => status === 'passed').length,
  );
  for (const { fullName, failureMessages } of failed)
    console.log(`    ${fullName}\n      ${failureMessages.join(' ').split('\n')[0]}`);
  check('none fails', failed.length === 0 && told.length > 0);
};

/** A gateway that crashes inside its container comes back without anybody's help. */
const tryCrash = async () => {
  const [id] = await containers('signaling');
  const script =
    'for p in /proc/[0-9]*; do read -r -d "" name <$p/cmdline; if [ "$name" = node ]; then kill -9 "${p#/proc/}"; fi; done';
  await docker(['exec', id, 'bash', '-c', script]).catch(() => {});
  const restarted = async () => (await inspect('container', [id]))[0].RestartCount === 1;
  check(
    'a process that crashes is started again',
    (await until(restarted, 30_000)) && (await until(() => stack.isHealthy(id), 90_000)),
  );
};

const openUser = async (index) => {
  const tokens = await signUp({ url, username: `composer-${index}`, password: 'correct horse' });
  const client = new ParleyClient({ url, tokens });
  const user = { id: tokens.account.id, client, received: { inbox: [], channels: new Map() }, detached: [] };
  client.onMessage(({ message, inboxSequence }) => {
    const stream = inboxSequence === undefined ? user.received.channels.get(message.channelId) : user.received.inbox;
    stream?.push({ sequence: inboxSequence ?? message.sequence, id: message.id });
  });
  client.on('detached', ({ channelId, error }) => user.detached.push(`${channelId}: ${error.reason}`));
  await client.connect();
  afterwards(() => client.close());
  return user;
};

const tryKilling = async () => {
  await stack.up({ gateway: 3, chat: 2 });
  const [gateways, chats] = [await running('gateway'), await running('chat')];
  check(`scaled: ${gateways.length} gateways, ${chats.length} chats`, gateways.length === 3 && chats.length === 2);
  const users = [];
  for (let index = 0; index < 12; index += 1) users.push(await openUser(index));
  const channels = [];
  for (let n = 1; n <= 3; n += 1) {
    const { id } = await users[0].client.rest.createChannel({ kind: 'room', title: `Room ${n} of ${project}` });
    channels.push(id);
    for (const { client, received } of users) {
      received.channels.set(id, []);
      await client.attach(id, { after: 0 });
    }
  }
  const random = seeded(seed);
  const targets = new Map(
    [...gateways, ...chats].map((container) => [stack.nameOf(container), stack.replica(container)]),
  );
  const killing = startKilling(targets, { random, everyMs: [3_000, 5_000], downMs: [1_000, 2_000] });
  afterwards(() => killing.stop());
  const outcomes = [];
  const end = performance.now() + seconds * 1000;
  for (let n = 0; performance.now() < end; n += 1) {
    const from = n % users.length;
    const isDirect = n % 3 === 0;
    const target = isDirect
      ? { directWith: users[(from + 1) % users.length].id }
      : { channelId: channels[n % channels.length] };
    const clientId = `m-${n}`;
    const said = { n, from, target, isDirect, clientId };
    const sending = users[from].client.send(target, `message ${n}`, { clientId, deadlineMs: 120_000 });
    outcomes.push(
      sending.then(
        (sent) => ({ ...said, sent }),
        (error) => ({ ...said, error }),
      ),
    );
    await sleep(40);
  }
  await killing.stop();
  const settled = await Promise.all(outcomes);
  const failed = settled.filter(({ error }) => error);
  figure('sent while they were killed', settled.length);
  figure('acknowledged as a repeat', settled.filter(({ sent }) => sent?.repeated).length);
  for (const [name, count] of killing.kills) figure(`kills of ${name}`, count);
  check(
    `nothing failed to be sent ${failed
      .slice(0, 3)
      .map(({ error }) => error.reason)
      .join()}`,
    failed.length === 0,
  );
  check(`everything came back ${killing.faults.join('; ')}`, killing.faults.length === 0);
  const streams = await readStreams({ users, channels, outcomes: settled });
  await receivedAll(users, streams, 60_000);
  for (const [what, wrong] of judge({ users, outcomes: settled, ...streams })) {
    check(what, wrong.length === 0);
    for (const each of wrong.slice(0, 5)) console.log(`    ${each}`);
  }
};

/** Addresses that fail too often are refused, so whoever could choose an address for the gateway could guess, or lock others out. */
const tryAddresses = async () => {
  const wrong = (n) => ({ login: `nobody-${n}`, password: 'not the password' });
  const statusOf = async (n) => {
    const response = await fetch(`${url}/v1/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': `198.51.100.${n % 250}` },
      body: JSON.stringify(wrong(n)),
    });
    await response.arrayBuffer();
    return response.status;
  };
  // The journeys failed a few times on purpose, from the same address.
  const statuses = [];
  while (statuses.length <= failuresPerAddress && statuses.at(-1) !== 429)
    statuses.push(await statusOf(statuses.length));
  check(
    `after ${statuses.length - 1} wrong passwords an address is refused, whatever it says of itself`,
    statuses.length > 1 && statuses.slice(0, -1).every((status) => status === 401) && statuses.at(-1) === 429,
  );
  const [elsewhere] = await containers('gateway');
  const headers = { 'content-type': 'application/json' };
  const options = JSON.stringify({ method: 'POST', headers, body: JSON.stringify(wrong('elsewhere')) });
  const script = `console.log((await fetch('http://proxy:8000/v1/sessions', ${options})).status)`;
  const said = await docker(['exec', elsewhere, 'node', '--input-type=module', '--eval', script]);
  check(`another address behind the same proxy is not (${said.trim()})`, said.trim() === '401');
};

await prove(
  async () => {
    stack.introduce(`seed ${seed}`);
    if (values.build) {
      const began = performance.now();
      await stack.build();
      figure('build', (performance.now() - began) / 1000, 's');
    }
    if (wanted('images')) await tryImages();
    afterwards(async () => check('down again, nothing is left', await stack.down()));
    await bringUp();
    if (wanted('hardening')) await tryHardening();
    if (wanted('journeys')) await tryJourneys();
    if (wanted('killing')) {
      await tryCrash();
      await tryKilling();
    }
    // The last: it leaves this machine's address refused.
    if (wanted('addresses')) await tryAddresses();
  },
  { withinMs: 1_800_000 },
);
finish();
