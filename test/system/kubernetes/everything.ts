// Installs the values in which everything is switched on, with what a cluster needs for them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterwards } from '../proof/cleanup.js';
import { check } from '../proof/figures.js';
import { apply, helm, kubectl, nodes, read, shell } from './cluster.js';
import { install, readyPods, release, settingsOf, smallRequests } from './release.js';

/** Kinds of other projects, as much of them as an API server needs to keep their objects. */
const foreignKinds = [
  ['monitoring.coreos.com', 'v1', 'ServiceMonitor', 'servicemonitors'],
  ['monitoring.coreos.com', 'v1', 'PodMonitor', 'podmonitors'],
  ['gateway.networking.k8s.io', 'v1', 'HTTPRoute', 'httproutes'],
  ['gateway.networking.k8s.io', 'v1', 'Gateway', 'gateways'],
  ['keda.sh', 'v1alpha1', 'ScaledObject', 'scaledobjects'],
] as const;

const definitionOf = ([group, version, kind, plural]: (typeof foreignKinds)[number]): object => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {
    name: `${plural}.${group}`,
    // Of groups under k8s.io the API server wants to know who approved them.
    annotations: { 'api-approved.kubernetes.io': 'unapproved, for a proof' },
  },
  spec: {
    group,
    scope: 'Namespaced',
    names: { kind, plural },
    versions: [
      {
        ...{ name: version, served: true, storage: true },
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
});

/** Certificates for the bundled stores by the documented script, as Secrets in the format of cert-manager. */
const makeCertificates = async (): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-certificates-'));
  afterwards(() => rmSync(folder, { recursive: true, force: true }));
  await shell(`deploy/tls/make-certificates.sh ${folder}`);
  for (const [name, file] of [
    ['parley-nats-tls', 'nats'],
    ['parley-postgres-tls', 'postgres'],
    ['parley-redis-tls', 'redis'],
    ['parley-client-tls', 'client'],
  ] as const) {
    const parts = ['tls.crt', 'tls.key', 'ca.crt'];
    const files = [`${file}.crt`, `${file}.key`, 'ca.crt'].map(
      (each, at) => `--from-file=${parts[at]}=${join(folder, each)}`,
    );
    await kubectl(['create', 'secret', 'generic', name, ...files]);
  }
};

export const installEverything = async (): Promise<void> => {
  await apply(...foreignKinds.map(definitionOf), {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name: 'messaging' },
    value: 1000,
  });
  const [node = ''] = await nodes();
  await kubectl(['label', 'node', node, 'example.org/disk=fast', '--overwrite']);
  await makeCertificates();
  // This cluster has the images under another name and no sandbox; clients come from the node and not from ingress-nginx.
  const here = [
    'gateway.image.digest=',
    'chat.runtimeClassName=',
    'global.spread.required=false',
    'gateway.http.from=null',
  ];
  await install(release, 'k8s/charts/platform', [
    ...['--values', 'k8s/values/everything.yaml', '--set', 'global.imageRegistry=registry.example.org'],
    ...here.flatMap((each) => ['--set', each]),
    ...settingsOf(smallRequests),
  ]);
  await helm(['test', release]);
  check('NATS is a cluster of three', (await read('statefulset/parley-nats', '.status.readyReplicas')) === '3');
  check('three gateways', (await readyPods('gateway')).length === 3);
};

/** What outlives the namespace. */
export const removeForeign = async (): Promise<void> => {
  await kubectl([
    'delete',
    'customresourcedefinition',
    ...foreignKinds.map(([group, , , plural]) => `${plural}.${group}`),
    '--ignore-not-found',
  ]);
  await kubectl(['delete', 'priorityclass', 'messaging', '--ignore-not-found']);
  for (const node of await nodes()) await kubectl(['label', 'node', node, 'example.org/disk-']);
};
