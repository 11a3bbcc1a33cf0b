// What an operator may set reaches the process that reads it, also through Compose.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { busUserNames } from '@parley/contracts';
import { renamedVariables } from '@parley/runtime';
import { parse } from 'yaml';
import type { z } from 'zod';
import { AuthConfig } from '../services/auth/src/config.js';
import { ChatConfig } from '../services/chat/src/config.js';
import { GatewayConfig } from '../services/gateway/src/config.js';
import { SignalingConfig } from '../services/signaling/src/config.js';
import { TopicsConfig } from '../services/topics/src/config.js';

interface Service {
  profiles?: string[];
  networks?: string[];
  ports?: string[];
  environment?: Record<string, string | null>;
  volumes?: string[];
  depends_on?: Record<string, unknown>;
}
const servicesOf = (file: string): Record<string, Service> => {
  const text = readFileSync(fileURLToPath(new URL(`../${file}`, import.meta.url)), 'utf8');
  return (parse(text, { merge: true }) as { services: Record<string, Service> }).services;
};
const services = servicesOf('docker-compose.yml');
const withTls = servicesOf('compose.tls.yml');

/** The image says where a service listens; the proxy is what is published. */
const ofTheImage = ['HOST', 'PORT'];

const variablesOf = (config: z.ZodType): string[] => {
  const piped = config as z.ZodPipe<z.ZodObject>;
  const { shape } = 'in' in piped ? piped.in : (config as z.ZodObject);
  return Object.keys(shape);
};

test.each([
  ['auth', AuthConfig],
  ['topics', TopicsConfig],
  ['chat', ChatConfig],
  ['signaling', SignalingConfig],
  ['gateway', GatewayConfig],
] as const)('every variable that %s reads can be set', (service, config) => {
  const plain = (name: string): string => name.replace(/_FILE$/, '');
  const environment = { ...services[service]?.environment, ...withTls[service]?.environment };
  const given = Object.keys(environment).map(plain);
  const read = variablesOf(config)
    .filter((name) => !ofTheImage.includes(name))
    .map(plain);
  expect(read.filter((name) => !given.includes(name))).toEqual([]);
  // And nothing that nobody reads: those every process has besides.
  const everywhere = ['NATS_URL', 'DATABASE_URL', 'PARLEY_DATABASE_CONNECTIONS', 'PARLEY_LOG_LEVEL'];
  const tls = ['CA', 'CERT', 'KEY'].flatMap((kind) => [`PARLEY_NATS_${kind}`, `PARLEY_DATABASE_${kind}`]);
  const others = ['PARLEY_TRACE_RATIO', 'PARLEY_SHUTDOWN_DELAY_MS', 'PARLEY_STARTUP_WAIT_MS', ...tls];
  const current = [...read, ...everywhere, ...others];
  const former = Object.entries(renamedVariables).filter(([, name]) => current.includes(name));
  expect(given).toEqual(expect.arrayContaining(former.map(([name]) => name)));
  const known = [...current, ...former.map(([name]) => name)];
  // The SDK of OpenTelemetry reads its own.
  expect(given.filter((name) => !known.includes(name) && !name.startsWith('OTEL_'))).toEqual([]);
  const standard = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_TRACES_SAMPLER'];
  expect(given).toEqual(expect.arrayContaining(standard));
});

test.each(busUserNames)('%s reads the password of its own user of the bus, and of no other', (service) => {
  const own = services[service];
  expect(own?.environment?.['NATS_URL_FILE']).toBe(`/run/parley/bus-${service}/url`);
  const mounted = own?.volumes?.filter((volume) => volume.startsWith('secrets-bus'));
  expect(mounted).toEqual([`secrets-bus-${service}:/run/parley/bus-${service}:ro`]);
  // Where a volume is mounted that the image does not have, its readers may not write or read.
  const image = readFileSync(fileURLToPath(new URL('../Dockerfile', import.meta.url)), 'utf8');
  expect(image).toMatch(new RegExp(`for name in .*\\bbus-${service}\\b`));
});

test.each(busUserNames)(
  'with compose.tls.yml %s has the certificate of a client, and no key of a server',
  (service) => {
    const { environment = {}, volumes = [] } = withTls[service] ?? {};
    const mounted = volumes.map((volume) => volume.replace(/^\$\{[^}]*\}\//, '')).sort();
    const files = ['ca.crt', 'client.crt', 'client.key'];
    expect(mounted).toEqual(files.map((file) => `${file}:/run/parley/tls/${file}:ro`));
    const own = ['sample-data', 'importer'].includes(service) ? [] : [service === 'gateway' ? 'REDIS' : 'DATABASE'];
    for (const store of ['NATS', ...own])
      for (const [at, kind] of ['CA', 'CERT', 'KEY'].entries())
        expect(environment[`PARLEY_${store}_${kind}_FILE`]).toBe(`/run/parley/tls/${files[at]}`);
  },
);

test('with compose.tls.yml what migrates is a client of PostgreSQL as its service is', () => {
  for (const service of ['auth', 'topics', 'chat', 'signaling']) {
    const { environment = {}, volumes } = withTls[`${service}-migrate`] ?? {};
    const ofService = Object.entries(withTls[service]?.environment ?? {});
    expect(environment).toEqual(Object.fromEntries(ofService.filter(([name]) => name.startsWith('PARLEY_DATABASE_'))));
    expect(volumes).toEqual(withTls[service]?.volumes);
  }
  expect(withTls['postgres']?.volumes?.map((volume) => volume.replace(/^\$\{[^}]*\}\//, ''))).toEqual(
    ['ca.crt', 'postgres.crt', 'postgres.key'].map((file) => `${file}:/run/parley/tls/${file}:ro`),
  );
});

const volumesOf = (name: string): string[] => services[name]?.volumes?.filter((each) => /database/.test(each)) ?? [];
const mounted = (...roles: string[]): string[] =>
  roles.map((role) => `secrets-database${role}:/run/parley/database${role}:ro`);
const schemas = ['auth', 'topics', 'chat', 'signaling'];

test.each(schemas)('%s connects to PostgreSQL as its own role, and what migrates as the owner', (service) => {
  expect(services[service]?.environment?.['DATABASE_URL_FILE']).toBe(`/run/parley/database-${service}/url`);
  expect(volumesOf(service)).toEqual(mounted(`-${service}`));
  expect(services[service]?.depends_on?.[`${service}-migrate`]).toEqual({
    condition: 'service_completed_successfully',
  });
  const migration = services[`${service}-migrate`];
  expect(migration?.environment).toMatchObject({
    DATABASE_URL_FILE: '/run/parley/database-owner/url',
    PARLEY_DATABASE_ADMIN_URL_FILE: '/run/parley/database/url',
    PARLEY_DATABASE_SERVICE_URL_FILE: `/run/parley/database-${service}/url`,
  });
  expect(volumesOf(`${service}-migrate`)).toEqual(mounted('', '-owner', `-${service}`));
});

test('nobody else is given a password of PostgreSQL', () => {
  const readers = Object.keys(services).filter((name) => volumesOf(name).length > 0);
  const known = [...schemas, ...schemas.map((service) => `${service}-migrate`), 'secrets', 'postgres', 'backup'];
  expect(readers.sort()).toEqual(known.sort());
  // As the owner of the tables, who reads and restores them.
  expect(volumesOf('backup')).toEqual(mounted('-owner'));
  expect(volumesOf('postgres')).toEqual(mounted(''));
  const image = readFileSync(fileURLToPath(new URL('../Dockerfile', import.meta.url)), 'utf8');
  for (const role of ['owner', ...schemas]) expect(image).toMatch(new RegExp(`for name in .*\\bdatabase-${role}\\b`));
});

const textOf = (file: string): string => readFileSync(fileURLToPath(new URL(`../${file}`, import.meta.url)), 'utf8');

test('.env.example has every variable of docker-compose.yml with its default, and names that something reads', () => {
  const compose = textOf('docker-compose.yml');
  const defaults = new Map([...compose.matchAll(/\$\{([A-Z_]+):-([^}$]*)\}/g)].map(([, name, value]) => [name, value]));
  const lines = [...textOf('.env.example').matchAll(/^(#?)([A-Z_]+)=(.*)$/gm)];
  for (const [, mark, name = '', value] of lines)
    if (mark === '') expect(value, name).toBe(defaults.get(name));
    // Compose itself reads the first, the other is of compose.tls.yml.
    else if (!['COMPOSE_PROFILES', 'PARLEY_TLS_FOLDER'].includes(name))
      expect(compose, name).toMatch(new RegExp(`^ +${name}:|\\$\\{${name}:-`, 'm'));
  const missing = [...defaults.keys()].filter((name) => !lines.some(([, , each]) => each === name));
  // Of the gateway; docs/configuration.md has it.
  expect(missing).toEqual(['PARLEY_SHUTDOWN_DELAY_MS']);
});

test('no default holds another variable, which docker-compose 1.29 would hand on as it is written', () => {
  for (const file of ['docker-compose.yml', 'compose.tls.yml'])
    expect([...textOf(file).matchAll(/\$\{[^}]*\$/g)].map(([found]) => found)).toEqual([]);
});

test('what a profile adds is started by it alone, and published on loopback by default', () => {
  const profiles = Object.entries(services).flatMap(([name, { profiles = [] }]) =>
    profiles.map((profile) => `${profile}: ${name}`),
  );
  expect(profiles.sort()).toEqual([
    'backup: backup',
    'import: importer',
    'observability: grafana',
    'observability: jaeger',
    'observability: prometheus',
    'tls: caddy',
  ]);
  for (const [name, { ports = [] }] of Object.entries(services))
    for (const port of ports) expect(port, name).toMatch(/^(127\.0\.0\.1|\$\{(HTTPS_)?HOST:-127\.0\.0\.1\}):/);
});

test('only Caddy and gateways reach the port of the proxy where X-Forwarded-For is believed', () => {
  const near = Object.entries(services).filter(([, { networks = [] }]) =>
    networks.some((network) => ['edge', 'front'].includes(network)),
  );
  expect(near.map(([name, { networks }]) => `${name}: ${networks?.join()}`).sort()).toEqual([
    'caddy: front',
    'gateway: core,edge',
    'proxy: edge,front',
  ]);
  expect(services['proxy']?.ports?.join()).not.toContain('8001');
});

test('with compose.tls.yml backups are made over TLS that verifies the server', () => {
  const { environment = {}, volumes } = withTls['backup'] ?? {};
  expect(environment).toMatchObject({ PGSSLMODE: 'verify-full', PGSSLROOTCERT: '/run/parley/tls/ca.crt' });
  expect(volumes).toEqual(withTls['auth']?.volumes);
});

test('sample data, whose passwords are published, exists only when the operator asks for it', () => {
  const name = 'PARLEY_SAMPLE_DATA';
  const given = Object.values(services).flatMap(({ environment }) =>
    environment && name in environment ? [environment[name]] : [],
  );
  // Passed on from the environment of `docker compose`, where nothing sets it.
  expect(given).toEqual([null, null]);
  expect(readFileSync(fileURLToPath(new URL('../.env.example', import.meta.url)), 'utf8')).not.toMatch(
    new RegExp(`^${name}=`, 'm'),
  );
  expect(GatewayConfig.parse({}).sampleData).toBe(false);
});
