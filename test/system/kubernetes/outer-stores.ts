// Stores that an operator runs apart from Parley, in a namespace of their own: what `high-availability` values expect elsewhere.
import { natsPasswordsFile, natsUsersFile } from '@parley/bus';
import { busUserNames } from '@parley/contracts';
import { apply, kubectl, until } from './cluster.js';

const storesNamespace = 'parley-stores';

/** As the documented commands for the Secret name them. */
const password = (number: number): string => `PASSWORD${number}`;
const busUsers = ['auth', 'topics', 'chat', 'signaling', 'gateway'] as const;
const roles = ['owner', 'auth', 'topics', 'chat', 'signaling'] as const;

const natsConfig = (): string => {
  // NATS wants a password for each of its users, also for those that no pod is.
  const passwords = Object.fromEntries(busUserNames.map((user) => [user, 'PASSWORD']));
  const documented = Object.fromEntries(busUsers.map((user, at) => [user, password(at + 1)]));
  return `${natsPasswordsFile({ ...passwords, ...documented })}${natsUsersFile()}`;
};

interface Server {
  readonly name: string;
  readonly image: string;
  readonly port: number;
  readonly uid: number;
  readonly args: readonly string[];
  readonly env?: readonly object[];
  readonly folders?: readonly string[];
}

const secured = (uid: number): object => ({
  runAsNonRoot: true,
  runAsUser: uid,
  runAsGroup: uid,
  fsGroup: uid,
  seccompProfile: { type: 'RuntimeDefault' },
});

const deploymentOf = ({ name, image, port, uid, args, env = [], folders = [] }: Server): object[] => {
  const metadata = { name, namespace: storesNamespace };
  const labels = { app: name };
  const mounts = folders.map((mountPath, at) => ({ name: `folder-${at}`, mountPath }));
  const container = {
    ...{ name, image, args, env, ports: [{ containerPort: port }] },
    readinessProbe: { tcpSocket: { port }, periodSeconds: 2 },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    volumeMounts: [...mounts, ...(name === 'nats' ? [{ name: 'config', mountPath: '/etc/nats' }] : [])],
  };
  const volumes = [
    ...mounts.map((mount) => ({ name: mount.name, emptyDir: {} })),
    ...(name === 'nats' ? [{ name: 'config', configMap: { name: 'nats' } }] : []),
  ];
  const template = { metadata: { labels }, spec: { securityContext: secured(uid), containers: [container], volumes } };
  return [
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { selector: { matchLabels: labels }, template } },
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { selector: labels, ports: [{ port }] } },
  ];
};

const servers: readonly Server[] = [
  { name: 'nats', image: 'nats:2.11-alpine', port: 4222, uid: 10001, args: ['--config', '/etc/nats/nats.conf'] },
  {
    ...{ name: 'postgres', image: 'postgres:17-bookworm', port: 5432, uid: 999, args: [] },
    env: [
      { name: 'POSTGRES_DB', value: 'parley' },
      { name: 'POSTGRES_PASSWORD', value: 'PASSWORD' },
      { name: 'PGDATA', value: '/var/lib/postgresql/data/pgdata' },
    ],
    folders: ['/var/lib/postgresql/data', '/var/run/postgresql', '/tmp'],
  },
  {
    name: 'redis',
    image: 'redis:7-bookworm',
    port: 6379,
    uid: 999,
    args: ['redis-server', '--requirepass', 'PASSWORD', '--save', ''],
  },
];

/** The roles as docs/operations.md (The roles in PostgreSQL) prints them. */
const rolesSql = (): string =>
  [
    ...roles.map((role, at) => `create role parley_${role} login password '${password(at + 6)}';`),
    'alter database parley owner to parley_owner;',
  ].join('\n');

const inStores = (args: readonly string[], input?: string): Promise<string> =>
  kubectl(['--namespace', storesNamespace, ...args], input === undefined ? {} : { input });

/** Started anew, empty. */
export const startOuterStores = async (): Promise<void> => {
  await removeOuterStores();
  const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'nats', namespace: storesNamespace } };
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: storesNamespace } });
  for (const object of [{ ...config, data: { 'nats.conf': natsConfig() } }, ...servers.flatMap(deploymentOf)])
    await inStores(['apply', '--filename', '-'], JSON.stringify(object));
  for (const { name } of servers) await inStores(['rollout', 'status', `deployment/${name}`, '--timeout=300s']);
  const psql = [
    'exec',
    '--stdin',
    'deployment/postgres',
    '--',
    'psql',
    '-h',
    '127.0.0.1',
    '-U',
    'postgres',
    '-d',
    'parley',
  ];
  await until(() => inStores([...psql, '-c', 'select 1']).then(() => true));
  await inStores([...psql, '-v', 'ON_ERROR_STOP=1'], rolesSql());
};

export const removeOuterStores = (): Promise<string> =>
  kubectl(['delete', 'namespace', storesNamespace, '--ignore-not-found', '--timeout=300s']);

/** The documented commands with the addresses of these stores. */
export const withOuterStores = (script: string): string =>
  ['nats', 'postgres', 'redis'].reduce(
    (text, store) => text.replaceAll(`${store}.example.org`, `${store}.${storesNamespace}`),
    script,
  );

/** NetworkPolicy peers of a store, as `--set-json` takes them. */
export const peersOf = (store: string): string =>
  `global.stores.${store}.to=[{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"${storesNamespace}"}}}]`;
