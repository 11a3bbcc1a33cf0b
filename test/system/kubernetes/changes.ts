// What happens to a release under traffic. Each of these steps begins and ends with a release that is whole.
import { setTimeout as sleep } from 'node:timers/promises';
import { stackServices } from '@parley/testing';
import { check, figure } from '../proof/figures.js';
import { given, helm, kubectl, list, type Pod, read, servers, until } from './cluster.js';
import {
  checkRestarts,
  chooseNodes,
  imageOf,
  install,
  isInstalled,
  nextVersion,
  onNode,
  readyPods,
  release,
  rollback,
  settingsOf,
  settled,
  smallRequests,
  upgrade,
} from './release.js';
import { type Traffic, under } from './traffic.js';

type Change = (traffic: Traffic) => Promise<void>;

const scale: Change = async (traffic) => {
  await under(traffic, 'gateway and chat scaled to three', () => upgrade('gateway.replicas=3', 'chat.replicas=3'));
  check(
    'three gateways and three chats are ready',
    (await readyPods('gateway')).length + (await readyPods('chat')).length === 6,
  );
  await under(traffic, 'and back to two', () => upgrade('gateway.replicas=2', 'chat.replicas=2'));
};

const upgradeOne: Change = async (traffic) => {
  await under(traffic, 'chat alone upgraded', () => upgrade(`chat.image.tag=${nextVersion}`));
  check(
    'chat runs the other version, topics does not',
    (await imageOf('chat')).endsWith(nextVersion) && !(await imageOf('topics')).endsWith(nextVersion),
  );
};

const upgradeAll: Change = async (traffic) => {
  const tags = stackServices.map((service) => `${service}.image.tag=${nextVersion}`);
  await under(traffic, 'everything upgraded', () => upgrade(...tags));
  const images = await Promise.all(stackServices.map(imageOf));
  check(
    'all five run the other version',
    images.every((image) => image.endsWith(nextVersion)),
  );
  await checkRestarts('after the upgrade');
};

const rollBack: Change = async (traffic) => {
  await under(traffic, 'rolled back', rollback);
  check('all pods are ready', await settled());
};

/** Evicts what can be evicted, then lets the node take pods again. */
const drain: Change = async (traffic) => {
  const { other } = await chooseNodes();
  if (other === undefined) return console.log('  one node: none can be drained');
  await under(traffic, `${other} drained`, () =>
    kubectl(['drain', other, '--ignore-daemonsets', '--delete-emptydir-data', '--timeout=600s']),
  );
  check('all pods are ready elsewhere', await settled());
  await under(traffic, 'upgraded meanwhile', () => upgrade('chat.podAnnotations.proof=drained'));
  await under(traffic, `${other} takes pods again`, () => kubectl(['uncordon', other]));
};

const killPods: Change = async (traffic) => {
  for (const service of [...stackServices, ...['nats', 'redis', 'postgres']]) {
    const isServer = stackServices.some((each) => each === service);
    const selector = isServer ? `${servers},app.kubernetes.io/name=${service}` : `app.kubernetes.io/name=${service}`;
    const [first] = await list<Pod>('pods', selector);
    if (first === undefined) continue;
    await under(traffic, `a pod of ${service} killed by force`, async () => {
      await kubectl(['delete', 'pod', first.metadata.name, '--force', '--grace-period=0']);
      check(`${service}: another pod is ready`, await settled());
    });
  }
};

/** The node is gone from one moment to the next, with its kubelet and its pods, and comes back later. */
const killNode: Change = async (traffic) => {
  const { other } = await chooseNodes();
  if (other === undefined || given.node === undefined)
    return console.log('  PARLEY_PROVE_KUBERNETES_NODE names no command that kills a second node');
  const status = (): Promise<string> => read(`node/${other}`, '.status.conditions[?(@.type=="Ready")].status');
  await under(traffic, `${other} killed`, async () => {
    await onNode('kill', other);
    check('the cluster notices', await until(async () => (await status()) !== 'True'));
    await sleep(15_000);
  });
  await under(traffic, `${other} back`, async () => {
    await onNode('start', other);
    check('the node is ready again', await until(async () => (await status()) === 'True'));
    check('all pods are ready again', await settled());
  });
};

/** Values of the gateway's autoscaler, as `--set` takes them. */
const autoscaling = (values: Readonly<Record<string, string>>): string[] =>
  Object.entries(values).map(([name, value]) => `gateway.autoscaling.${name}=${value}`);

/** It scales only when its limits ask for it. */
const heldStill = { 'behavior.scaleUp.selectPolicy': 'Disabled', 'behavior.scaleDown.selectPolicy': 'Disabled' };

/** It scales as soon as its metrics ask for it. */
const atOnce = {
  'behavior.scaleUp.selectPolicy': 'Max',
  'behavior.scaleDown.selectPolicy': 'Max',
  'behavior.scaleDown.stabilizationWindowSeconds': '0',
};

const autoscale: Change = async (traffic) => {
  const replicas = async (): Promise<number> => Number(await read('deployment/parley-gateway', '.spec.replicas'));
  const becomes = (count: number): Promise<boolean> => until(async () => (await replicas()) === count);
  await under(traffic, 'gateway scaled to three', () => upgrade('gateway.replicas=3'));
  const limits = { enabled: 'true', min: '2', max: '4', cpuPercent: '70' };
  await under(traffic, 'autoscaling switched on', () => upgrade(...autoscaling({ ...limits, ...heldStill })));
  check('it keeps what was there', (await replicas()) === 3);
  const current = (): Promise<string> =>
    read('hpa/parley-gateway', '.status.currentMetrics[0].resource.current.averageUtilization');
  check('the autoscaler reads the use of CPU', await until(async () => (await current()) !== ''));
  figure('CPU that the gateways use of what they request', await current(), '%');
  await under(traffic, 'its minimum raised to four', async () => {
    await upgrade(...autoscaling({ min: '4' }));
    check('the number follows', await becomes(4));
  });
  await under(traffic, 'upgraded while it is on', () => upgrade('gateway.podAnnotations.proof=autoscaled'));
  check('an upgrade keeps its number', (await replicas()) === 4);
  await under(traffic, 'scaled down by what the gateways use', async () => {
    await upgrade(...autoscaling({ min: '2', cpuPercent: '100', ...atOnce }), 'gateway.resources.requests.cpu=400m');
    check('two are left', await becomes(2));
  });
  await under(traffic, 'scaled up by what the gateways use', async () => {
    await upgrade(...autoscaling({ cpuPercent: '1' }));
    check('there are four', await becomes(4));
  });
  await under(traffic, 'autoscaling switched off', () =>
    upgrade('gateway.autoscaling.enabled=false', 'gateway.replicas=2', 'gateway.resources.requests.cpu=100m'),
  );
  check('the number is that of the values', await becomes(2));
  await under(traffic, 'the next upgrade', () => upgrade());
  check('no autoscaler is left, and the number stays', (await list('hpa')).length === 0 && (await replicas()) === 2);
  figure('gateways ready', (await readyPods('gateway')).length);
};

/** The Secret and the volume of PostgreSQL outlive the release, and a second one goes on with them. */
const reinstall: Change = async (traffic) => {
  const secretBefore = await read('secret/parley', '.data');
  const values = await helm(['get', 'values', release, '--output', 'json']);
  await under(traffic, 'uninstalled and installed again', async () => {
    await helm(['uninstall', release, '--wait', '--timeout', '10m']);
    check('it is gone', !(await isInstalled()));
    // Helm waits for its own objects; pods stop for as long as their connections drain.
    check('no pod is left', await until(async () => (await list<Pod>('pods')).length === 0));
    await install(release, 'k8s/charts/platform', [
      ...settingsOf(smallRequests),
      '--set-json',
      `global=${JSON.stringify(globalOf(values))}`,
      ...pinned(values),
    ]);
  });
  check('the Secret is the same', (await read('secret/parley', '.data')) === secretBefore);
};

const globalOf = (values: string): object => (JSON.parse(values) as { global?: object }).global ?? {};

/** Stores stay where their volumes are. */
const pinned = (values: string): string[] => {
  const all = JSON.parse(values) as Record<string, { nodeSelector?: object }>;
  return ['nats', 'postgres', 'redis'].flatMap((store) =>
    all[store]?.nodeSelector ? ['--set-json', `${store}.nodeSelector=${JSON.stringify(all[store].nodeSelector)}`] : [],
  );
};

export const changes: Readonly<Record<string, Change>> = {
  scale,
  'upgrade-one': upgradeOne,
  'upgrade-all': upgradeAll,
  rollback: rollBack,
  drain,
  pods: killPods,
  node: killNode,
  autoscaling: autoscale,
  reinstall,
};
