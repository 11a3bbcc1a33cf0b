// TLS to the stores: who mounts what of which Secret, and how the services are configured.
import { describe, expect, test } from 'vitest';
import { render, services } from './rendered.js';
import type { Rendered, Service } from './rendered.js';

interface Items {
  readonly name?: string;
  readonly secretName?: string;
  readonly items?: readonly { readonly key: string; readonly path: string }[];
}
interface PodSpec {
  readonly containers: readonly {
    readonly env?: readonly { readonly name: string; readonly value?: string }[];
    readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
  }[];
  readonly volumes?: readonly {
    readonly name: string;
    readonly secret?: Items;
    readonly projected?: { readonly sources: readonly { readonly secret: Items }[] };
  }[];
}

const podOf = (objects: readonly Rendered[], kind: string, name: string): PodSpec => {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  return (found?.spec as { template: { spec: PodSpec } }).template.spec;
};

/** `/run/parley/tls/nats/ca.crt of nats-tls/ca.crt`: every file of a pod that comes from another Secret than the one of the URLs. */
const certificatesOf = ({ containers: [container], volumes = [] }: PodSpec): string[] =>
  volumes.flatMap(({ name, secret, projected }) => {
    const folder = container?.volumeMounts?.find((mount) => mount.name === name)?.mountPath;
    const sources = secret ? [secret] : (projected?.sources.map((source) => source.secret) ?? []);
    return sources
      .filter((source) => (source.secretName ?? source.name) !== 'parley')
      .flatMap((source) =>
        (source.items ?? [{ key: '*', path: '*' }]).map(
          ({ key, path }) => `${folder}/${path} of ${source.secretName ?? source.name}/${key}`,
        ),
      );
  });
const variablesOf = ({ containers: [container] }: PodSpec): Record<string, string | undefined> =>
  Object.fromEntries((container?.env ?? []).map(({ name, value }) => [name, value]));

const set = [
  'gateway.sampleData=true',
  'nats.tls={"secret":"nats-tls","verifyClients":true}',
  'redis.tls={"secret":"redis-tls","verifyClients":false}',
  'global.stores.nats.tls={"caSecret":"nats-tls","clientSecret":"client-tls"}',
  'global.stores.redis.tls={"caSecret":"redis-tls"}',
];
const objects = render({ set });
const filesOfNats = [
  '/run/parley/tls/nats/ca.crt of nats-tls/ca.crt',
  '/run/parley/tls/nats/tls.crt of client-tls/tls.crt',
  '/run/parley/tls/nats/tls.key of client-tls/tls.key',
];
const variablesOfNats = {
  PARLEY_NATS_CA_FILE: '/run/parley/tls/nats/ca.crt',
  PARLEY_NATS_CERT_FILE: '/run/parley/tls/nats/tls.crt',
  PARLEY_NATS_KEY_FILE: '/run/parley/tls/nats/tls.key',
};

test.each(services)(
  '%s trusts the authorities of its stores and shows the certificate of a client',
  (service: Service) => {
    const pod = podOf(objects, 'Deployment', `parley-${service}`);
    const ofRedis = service === 'gateway' ? ['/run/parley/tls/redis/ca.crt of redis-tls/ca.crt'] : [];
    expect(certificatesOf(pod)).toEqual([...filesOfNats, ...ofRedis]);
    expect(variablesOf(pod)).toMatchObject(variablesOfNats);
    expect(variablesOf(pod)['PARLEY_REDIS_CA_FILE']).toBe(
      service === 'gateway' ? '/run/parley/tls/redis/ca.crt' : undefined,
    );
    expect(Object.keys(variablesOf(pod))).not.toContain('PARLEY_REDIS_CERT_FILE');
  },
);

test('the job that writes sample data speaks TLS to NATS too; a migration does not', () => {
  const job = podOf(objects, 'Job', 'parley-gateway-sample-data');
  expect(certificatesOf(job)).toEqual(filesOfNats);
  expect(variablesOf(job)).toMatchObject(variablesOfNats);
  const migration = objects.find(
    ({ kind, metadata }) => kind === 'Job' && metadata.name.startsWith('parley-chat-migrate'),
  );
  expect(certificatesOf(podOf(objects, 'Job', migration?.metadata.name ?? ''))).toEqual([]);
});

test('a server mounts its own certificate, and the authority of its clients only where it asks them for one', () => {
  const certificate = (store: string): string[] =>
    ['tls.crt', 'tls.key'].map((file) => `/etc/parley/tls/${file} of ${store}-tls/${file}`);
  expect(certificatesOf(podOf(objects, 'Deployment', 'parley-nats'))).toEqual([
    ...certificate('nats'),
    '/etc/parley/tls/ca.crt of nats-tls/ca.crt',
  ]);
  expect(certificatesOf(podOf(objects, 'Deployment', 'parley-redis'))).toEqual(certificate('redis'));
});

describe('PostgreSQL', () => {
  const ofPostgres = render({
    set: [
      'postgres.tls={"secret":"postgres-tls","verifyClients":true}',
      'global.stores.postgres.tls={"caSecret":"postgres-tls","clientSecret":"client-tls"}',
    ],
  });
  const server = (of: readonly Rendered[]): string[] =>
    (podOf(of, 'StatefulSet', 'parley-postgres').containers[0] as { args?: string[] } | undefined)?.args ?? [];
  const accessOf = (of: readonly Rendered[]): string | undefined =>
    of.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'parley-postgres')?.data?.['pg_hba.conf'];

  test('is spoken to over TLS by services and by what migrates, and by nobody else', () => {
    const clients = ofPostgres.filter(({ kind, metadata }) =>
      /^(Deployment|Job) parley-(auth|topics|chat|signaling)(-migrate-|$)/.test(`${kind} ${metadata.name}`),
    );
    expect(clients).toHaveLength(8);
    for (const { kind, metadata } of clients) {
      const pod = podOf(ofPostgres, kind, metadata.name);
      expect(certificatesOf(pod)).toEqual([
        '/run/parley/tls/postgres/ca.crt of postgres-tls/ca.crt',
        '/run/parley/tls/postgres/tls.crt of client-tls/tls.crt',
        '/run/parley/tls/postgres/tls.key of client-tls/tls.key',
      ]);
      expect(variablesOf(pod)).toMatchObject({
        PARLEY_DATABASE_CA_FILE: '/run/parley/tls/postgres/ca.crt',
        PARLEY_DATABASE_CERT_FILE: '/run/parley/tls/postgres/tls.crt',
        PARLEY_DATABASE_KEY_FILE: '/run/parley/tls/postgres/tls.key',
      });
    }
    expect(certificatesOf(podOf(ofPostgres, 'Deployment', 'parley-gateway'))).toEqual([]);
  });

  test('takes nobody without TLS then, and with verifyClients nobody without a certificate', () => {
    const files = certificatesOf(podOf(ofPostgres, 'StatefulSet', 'parley-postgres'));
    expect(files).toEqual(
      ['tls.crt', 'tls.key', 'ca.crt'].map((file) => `/etc/parley/tls/${file} of postgres-tls/${file}`),
    );
    expect(server(ofPostgres)).toEqual(expect.arrayContaining(['ssl=on', 'ssl_ca_file=/etc/parley/tls/ca.crt']));
    expect(accessOf(ofPostgres)).toBe('local all all trust\nhostssl all all all scram-sha-256 clientcert=verify-ca\n');
    expect(server(render())).toEqual(['-c', 'max_connections=200']);
    expect(accessOf(render())).toBeUndefined();
  });
});

test('without a Secret for it nothing is mounted and nothing is said of TLS', () => {
  const plain = render();
  for (const service of services) {
    const pod = podOf(plain, 'Deployment', `parley-${service}`);
    expect(certificatesOf(pod)).toEqual([]);
    expect(Object.keys(variablesOf(pod)).filter((name) => /_(CA|CERT|KEY)_FILE$/.test(name))).toEqual([]);
  }
});

test('values of a release before there was TLS do as well: `helm upgrade --reuse-values` adds no defaults', () => {
  const before = [
    ...['nats', 'postgres', 'redis'].flatMap((store) => [`${store}.tls`, `global.stores.${store}.tls`]),
    ...['global.stores.postgres.sharedUrl', 'external.natsUrls', 'external.databaseUrls'],
  ];
  const kinds = (rendered: readonly Rendered[]): string[] => rendered.map(({ kind }) => kind);
  expect(kinds(render({ set: before.map((value) => `${value}=null`) }))).toEqual(kinds(render()));
});
