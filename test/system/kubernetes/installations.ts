// The other ways to install, each from an empty namespace.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { signUp } from '@parley/client';
import { busUserNames } from '@parley/contracts';
import { stackServices } from '@parley/testing';
import { root } from '../../root.js';
import { check } from '../proof/figures.js';
import { apply, helm, kubectl, namespace, read, shell, until } from './cluster.js';
import { backUpAndRestore } from './backup.js';
import { installEverything, removeForeign } from './everything.js';
import { documented, documentedBlocks } from './documented.js';
import { peersOf, removeOuterStores, startOuterStores, withOuterStores } from './outer-stores.js';
import {
  checkRestarts,
  chooseNodes,
  install,
  readyPods,
  release,
  settingsOf,
  settled,
  smallRequests,
  upgrade,
} from './release.js';
import { makeEntry } from './traffic.js';
import { upgradeFromVersionBefore, type VersionBeforeOptions } from './version-before.js';

/** Every pod is ready, and a user can sign up and send through the gateway. */
const works = async (what: string): Promise<void> => {
  check(`${what}: every pod is ready`, await settled());
  await checkRestarts(what);
  const url = await makeEntry();
  const username = `proof-${randomBytes(4).toString('hex')}`;
  const answer = await signUp({ url, username, password: 'correct horse' }).then(
    ({ account }) => account.username ?? '',
    (error: unknown) => String(error),
  );
  check(`${what}: a user signs up (${answer})`, answer === username);
};

/** Three of each service, with stores that run elsewhere, by the documented commands. Small machines hold it with smaller requests. */
const highAvailability = async (): Promise<void> => {
  await startOuterStores();
  const small = smallRequests.filter((each) => stackServices.some((name) => each.startsWith(`${name}.`)));
  const peers = ['nats', 'postgres', 'redis'].map((store) => `--set-json '${peersOf(store)}'`);
  const added = `--set global.imageRegistry=registry.example.org --wait --timeout 15m ${[...settingsOf(small), ...peers].join(' ')}`;
  const script = withOuterStores(documentedBlocks().external).replace('kubectl create namespace parley', 'true');
  await shell(script.replace('high-availability.yaml', `high-availability.yaml ${added}`));
  await works('high-availability');
  check('three gateways', (await readyPods('gateway')).length === 3);
  await helm(['test', release]);
  await upgradeWithoutZone();
  await removeOuterStores();
};

/** Each node is a zone, and these values require a spread over zones. The stores are elsewhere, and stay. */
const upgradeWithoutZone = async (): Promise<void> => {
  const { other } = await chooseNodes();
  if (other === undefined) return console.log('  one node: no zone can be drained');
  const ours = ['--pod-selector', 'app.kubernetes.io/part-of=parley'];
  await kubectl(['drain', other, ...ours, '--ignore-daemonsets', '--delete-emptydir-data', '--timeout=600s']);
  await upgrade('chat.podAnnotations.proof=drained');
  check('with a zone drained the values are upgraded', await settled());
  await kubectl(['uncordon', other]);
};

const secretKeys = (): Record<string, string> => {
  const secret = (): string => randomBytes(24).toString('hex');
  const [database, redis] = [secret(), secret()];
  const bus = Object.fromEntries(busUserNames.map((user) => [user, secret()]));
  const roles = ['owner', 'auth', 'topics', 'chat', 'signaling'];
  const variable = (name: string): string => name.toUpperCase().replaceAll('-', '_');
  return {
    PARLEY_SECRET: secret(),
    POSTGRES_PASSWORD: database,
    DATABASE_URL_ADMIN: `postgres://parley:${database}@parley-postgres:5432/parley`,
    ...Object.fromEntries(
      roles.map((role) => [
        `DATABASE_URL_${variable(role)}`,
        `postgres://parley_${role}:${secret()}@parley-postgres:5432/parley`,
      ]),
    ),
    ...Object.fromEntries(
      Object.entries(bus).map(([user, word]) => [
        `NATS_URL_${variable(user)}`,
        `nats://${user}:${word}@parley-nats:4222`,
      ]),
    ),
    'nats-passwords.conf': Object.entries(bus)
      .map(([user, word]) => `${user.replaceAll('-', '_')}_password: "${word}"\n`)
      .join(''),
    'redis-password.conf': `requirepass ${redis}\n`,
    REDIS_URL: `redis://:${redis}@parley-redis:6379`,
  };
};

/** Without Helm, by the command of k8s/README.md, and unchanged when it is applied again. */
const manifests = async (): Promise<void> => {
  await apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'parley', namespace }, stringData: secretKeys() });
  const command = /^sed .*kubectl apply .*$/m.exec(readFileSync(join(root, 'k8s/README.md'), 'utf8'))?.[0];
  if (command === undefined) throw new Error('k8s/README.md has no command that applies k8s/manifests');
  await shell(command);
  await works('manifests');
  const differences = await shell(command.replace('kubectl apply', 'kubectl diff')).catch(
    (error: { stdout?: string }) => error.stdout ?? 'failed',
  );
  check(`kubectl diff finds nothing ${differences.slice(0, 500)}`, differences === '');
};

/** The stores by the platform chart, and each service by its own. */
const alone = async (): Promise<void> => {
  const off = stackServices.map((service) => `${service}.enabled=false`);
  await install(
    release,
    'k8s/charts/platform',
    off.flatMap((each) => ['--set', each]),
  );
  const forChat = documented(
    'helm upgrade --install chat k8s/charts/chat --namespace parley --set global.secret=parley',
  );
  for (const service of stackServices) {
    const own = forChat.replaceAll('chat', service);
    await shell(
      `${own} --set global.imageRegistry=registry.example.org --set replicas=1,resources.requests.cpu=100m --wait --timeout 15m`,
    );
    await helm(['test', service]);
  }
  await works('each service alone');
  await shell(`${forChat} ${documented('--reuse-values --set replicas=3')} --wait --timeout 15m`);
  check('chat alone is scaled, with the values of before', (await readyPods('chat')).length === 3);
};

const urlIn = async (key: string): Promise<string> => atob(await read('secret/parley', `.data.${key}`));

/** A store that is elsewhere is given in an upgrade, and the chart's own again in the next. */
const external = async (): Promise<void> => {
  await startOuterStores();
  const small = stackServices.map((service) => `${service}.replicas=1`);
  await install(release, 'k8s/charts/platform', settingsOf([...small, ...smallRequests]));
  await works('with stores of its own');
  const own = await urlIn('REDIS_URL');
  const outer = 'redis://:PASSWORD@redis.parley-stores:6379';
  await helm([
    'upgrade',
    release,
    'k8s/charts/platform',
    '--reuse-values',
    '--set',
    'redis.enabled=false',
    '--set',
    `global.stores.redis.url=${outer}`,
    '--set-json',
    peersOf('redis'),
    '--wait',
    '--timeout',
    '15m',
  ]);
  check('the Secret has the store that was given', (await urlIn('REDIS_URL')) === outer);
  await works('with a Redis that is elsewhere');
  await upgrade('redis.enabled=true', 'global.stores.redis.url=', 'global.stores.redis.to=null');
  check('and its own again', (await urlIn('REDIS_URL')) === own);
  await works('with its own again');
  await upgrade('signaling.enabled=false');
  await upgrade('signaling.enabled=true');
  await works('with a service that was switched off and on');
  await upgrade('gateway.enrolment=true');
  await works('with enrolment switched on');
  await breakPostgres();
  await works('with a PostgreSQL that an upgrade broke and the next one mended');
  await removeOuterStores();
};

/** By an image that there is none of. */
const breakPostgres = async (): Promise<void> => {
  const image = await read('statefulset/parley-postgres', '.spec.template.spec.containers[0].image');
  const set = ['--reuse-values', '--set', 'postgres.image=registry.example.org/none:1'];
  await helm(['upgrade', release, 'k8s/charts/platform', ...set]);
  const waits = (): Promise<string> =>
    read('pod/parley-postgres-0', '.status.containerStatuses[0].state.waiting.reason');
  check('PostgreSQL is broken', await until(async () => /Image/.test(await waits())));
  await upgrade(`postgres.image=${image}`);
};

/** An installation that Helm refuses, with this reason. */
const isRefused = async (what: string, reason: string, args: readonly string[]): Promise<void> => {
  const answer = await install(release, 'k8s/charts/platform', args).catch((error: unknown) => String(error));
  check(`${what}${answer.includes(reason) ? '' : ` (${answer.slice(-500)})`}`, answer.includes(reason));
};

/** Without its Secret an installation is refused before it changes anything. */
const refusals = async (): Promise<void> => {
  await isRefused('without its Secret nothing is installed', 'there is no Secret parley', [
    '--set',
    'secret.create=false',
  ]);
  const metadata = { name: 'parley', namespace };
  await apply({ apiVersion: 'v1', kind: 'Secret', metadata, stringData: { PARLEY_SECRET: 'x' } });
  await isRefused('a Secret that an operator made is left alone', 'was not made by this chart', []);
};

const everything = async (): Promise<void> => {
  await installEverything();
  await works('everything');
  await helm(['uninstall', release, '--wait', '--timeout', '10m']);
  await removeForeign();
};

export const installations: Readonly<Record<string, (options: VersionBeforeOptions) => Promise<void>>> = {
  refusals,
  external,
  manifests,
  alone,
  'high-availability': highAvailability,
  everything,
  backup: backUpAndRestore,
  'version-before': upgradeFromVersionBefore,
};
