// The release `parley`: installed by the documented commands, changed by `helm upgrade`, removed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stackServices } from '@parley/testing';
import { root } from '../../root.js';
import { check } from '../proof/figures.js';
import {
  apply,
  command,
  given,
  helm,
  isReady,
  kubectl,
  list,
  namespace,
  nodes,
  type Pod,
  read,
  servers,
  shell,
  until,
} from './cluster.js';
import { documented, documentedBlocks } from './documented.js';

export const release = 'parley';
const chart = 'k8s/charts/platform';
export const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
export const registry = 'registry.example.org';
/** Another tag of the same code, so that an upgrade replaces pods. */
export const nextVersion = `${version}-next`;

const wait = ['--wait', '--wait-for-jobs', '--timeout', '15m'];

export const settingsOf = (settings: readonly string[]): string[] => settings.flatMap((each) => ['--set', each]);

export const upgradeWith = (args: readonly string[]): Promise<string> =>
  helm(['upgrade', release, chart, ...args, ...wait]);

/** `helm upgrade` that keeps the values of before. */
export const upgrade = (...settings: readonly string[]): Promise<string> =>
  upgradeWith(['--reuse-values', ...settingsOf(settings)]);

export const install = (name: string, folder: string, args: readonly string[]): Promise<string> =>
  helm(['install', name, folder, '--set', `global.imageRegistry=${registry}`, ...args, ...wait]);

export const rollback = (): Promise<string> => helm(['rollback', release, ...wait]);

export const isInstalled = (): Promise<boolean> =>
  helm(['status', release]).then(
    () => true,
    () => false,
  );

/** Under Pod Security `restricted`, which the charts promise to satisfy. */
export const makeNamespace = async (): Promise<void> => {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } });
};

/** Gives each chart of a checkout (the one of the proof by default) what it depends on, by the documented command. */
export const packCharts = (folder = '.'): Promise<string> => {
  const line =
    documentedBlocks()
      .install.split('\n')
      .find((each) => each.includes('helm dependency')) ?? 'false';
  return shell(`cd ${folder}\n${line}`);
};

/** Builds the images by the documented block, and gives them a second tag. */
export const buildImages = async (): Promise<void> => {
  await shell(documentedBlocks().images);
  const next = stackServices.flatMap((service) => {
    const image = `${registry}/parley/${service}`;
    return [`command docker tag ${image}:${version} ${image}:${nextVersion}`, `docker push ${image}:${nextVersion}`];
  });
  await shell(next.join('\n'));
};

const dataOfRelease = (): Promise<string> =>
  kubectl([
    'get',
    'secret/parley',
    'persistentvolumeclaim/data-parley-postgres-0',
    '--ignore-not-found',
    '--output',
    'name',
  ]);

/** Uninstalls the release, and deletes its data, by the documented commands. */
export const removeAsDocumented = async (): Promise<void> => {
  await shell(`${documented('helm uninstall parley --namespace parley')} --wait --timeout 10m`);
  check(
    'the Secret and the volume outlive the release',
    (await dataOfRelease()).split('\n').filter(Boolean).length === 2,
  );
  await emptyVolume();
  await shell(documentedBlocks().remove);
  check('the documented commands delete both', (await dataOfRelease()) === '');
};

/** Removes every release and all that it leaves. */
export const removeAll = async (): Promise<void> => {
  for (const name of (await helm(['list', '--short', '--all'])).split('\n').filter(Boolean))
    await helm(['uninstall', name, '--wait', '--timeout', '10m']);
  await emptyVolume();
  await kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--timeout=300s']);
  await freeVolumes();
};

/** What PostgreSQL stored is gone also where the cluster keeps volumes: the next installation has another password. */
const emptyVolume = async (): Promise<void> => {
  const claimName = 'data-parley-postgres-0';
  if ((await kubectl(['get', 'persistentvolumeclaim', claimName, '--ignore-not-found', '--output', 'name'])) === '')
    return;
  const phase = (): Promise<string> => read('pod/parley-empty-volume', '.status.phase');
  await apply(podThatEmpties(claimName));
  if (!(await until(async () => (await phase()) === 'Succeeded')))
    throw new Error('The volume of PostgreSQL is not empty');
  // The claim cannot be deleted while a pod names it.
  await kubectl(['delete', 'pod', 'parley-empty-volume']);
};

const podThatEmpties = (claimName: string): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'parley-empty-volume', namespace },
  spec: {
    restartPolicy: 'Never',
    securityContext: {
      ...{ runAsNonRoot: true, runAsUser: 999, runAsGroup: 999, fsGroup: 999 },
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [
      {
        ...{ name: 'empty', image: 'postgres:17-bookworm' },
        command: ['find', '/data', '-mindepth', '1', '-delete'],
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        volumeMounts: [{ name: 'data', mountPath: '/data' }],
      },
    ],
    volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }],
  },
});

/** A volume that is kept when its claim is deleted can be claimed again only without the memory of that claim. */
const freeVolumes = async (): Promise<void> => {
  interface Volume {
    readonly metadata: { readonly name: string };
    readonly spec: { readonly claimRef?: { readonly namespace: string } };
    readonly status: { readonly phase: string };
  }
  for (const { metadata, spec, status } of await list<Volume>('persistentvolumes'))
    if (status.phase === 'Released' && spec.claimRef?.namespace === namespace)
      await kubectl([
        'patch',
        'persistentvolume',
        metadata.name,
        '--type=json',
        '--patch',
        '[{"op":"remove","path":"/spec/claimRef"}]',
      ]);
};

/** The node that keeps the stores, which have no copies, and one that is drained and killed. */
export const chooseNodes = async (): Promise<{ kept: string; other: string | undefined }> => {
  const [kept = '', other] = await nodes();
  return { kept, other };
};

/** What a small machine has room for when one of its two nodes is gone. */
export const smallRequests = [
  ...stackServices.flatMap((service) => [
    `${service}.resources.requests.cpu=100m`,
    `${service}.resources.requests.memory=64Mi`,
  ]),
  ...['nats', 'postgres', 'redis'].map((store) => `${store}.resources.requests.cpu=50m`),
];

/** Stores stay on the first node, so that the proof can take another one away, and every service has room there. */
export const pinStores = async (): Promise<void> => {
  const { kept } = await chooseNodes();
  const selectors = ['nats', 'postgres', 'redis'].map(
    (store) => `${store}.nodeSelector.kubernetes\\.io/hostname=${kept}`,
  );
  // In this order: what pods requested before may leave a store no room on its node, and without it no other pod becomes ready.
  await upgrade(...smallRequests);
  await upgrade(...selectors);
  check('every pod is ready after the stores moved', await settled());
};

/** Waits until every server that a Deployment wants is ready; checks that none started again by itself. */
export const settled = (): Promise<boolean> =>
  until(async () => {
    interface Deployment {
      readonly spec: { readonly replicas: number };
      readonly status: {
        readonly readyReplicas?: number;
        readonly updatedReplicas?: number;
        readonly replicas?: number;
      };
    }
    const all = [...(await list<Deployment>('deployments')), ...(await list<Deployment>('statefulsets'))];
    return all.every(({ spec, status }) =>
      [status.readyReplicas, status.updatedReplicas, status.replicas].every((count) => (count ?? 0) === spec.replicas),
    );
  }, 600_000);

/** A container that started again crashed, or failed a probe. */
export const checkRestarts = async (what: string): Promise<void> => {
  const restarted = (await list<Pod>('pods', servers)).flatMap(({ metadata, status }) =>
    (status.containerStatuses ?? []).filter(({ restartCount }) => restartCount > 0).map(() => metadata.name),
  );
  check(`${what}: no container started a second time ${restarted.join(', ')}`, restarted.length === 0);
};

export const readyPods = async (service: string): Promise<Pod[]> =>
  (await list<Pod>('pods', `${servers},app.kubernetes.io/name=${service}`)).filter(isReady);

export const imageOf = (service: string): Promise<string> =>
  read(`deployment/${release}-${service}`, '.spec.template.spec.containers[0].image');

/** By the command of whoever knows how the cluster's nodes run. */
export const onNode = (action: 'kill' | 'start', node: string): Promise<string> =>
  command(given.node ?? '', [action, node]);
