import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { complaintsAbout } from './pods.js';
import { ofKind, render, services, valueSets } from './rendered.js';
import type { Rendered } from './rendered.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

describe.each(valueSets)('with the values "%s"', (values) => {
  const objects = render({ values });

  test('no pod runs as root, from latest, without limits or probes, and no secret stands in the open', () => {
    expect(objects.flatMap(complaintsAbout)).toEqual([]);
  });

  test('every service has all that belongs to one', () => {
    for (const service of services) {
      const own = objects.filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/name'] === service);
      const kinds = own.map(({ kind }) => kind);
      for (const kind of ['Deployment', 'Service', 'ServiceAccount', 'ConfigMap', 'NetworkPolicy', 'Job'])
        expect(kinds, service).toContain(kind);
      const migrates = own.some(({ kind, metadata }) => kind === 'Job' && /-migrate-[0-9a-f]{8}$/.test(metadata.name));
      expect(migrates, `${service} migrates`).toBe(service !== 'gateway');
      expect(kinds.includes('PodDisruptionBudget'), service).toBe(values !== 'minimal');
    }
  });

  test('no object is rendered twice', () => {
    const names = objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(names).toHaveLength(new Set(names).size);
  });
});

/** The Deployment of chat, changed: what a slip of the pen would render. */
const changed = (change: (text: string) => string): Rendered => {
  const [deployment] = ofKind(render({ chart: 'chat', set: ['global.secret="parley"'] }), 'Deployment');
  const text = JSON.stringify(deployment);
  const other = change(text);
  expect(other).not.toBe(text);
  return JSON.parse(other) as Rendered;
};

test.each([
  ['"runAsNonRoot":true', '"runAsNonRoot":false', 'runs as root'],
  ['"runAsUser":10001', '"runAsUser":0', 'runs as root'],
  ['"readOnlyRootFilesystem":true', '"readOnlyRootFilesystem":false', 'may write into its image'],
  ['"drop":["ALL"]', '"drop":[]', 'keeps capabilities'],
  [`chat:${version}`, 'chat:latest', 'whatever that is today'],
  [`chat:${version}`, 'chat', 'whatever that is today'],
  ['"livenessProbe"', '"lifenessProbe"', 'no livenessProbe'],
  ['"limits":{"cpu":"2","memory"', '"limits":{"cpu":"2","memories"', 'no limits memory'],
  ['"enableServiceLinks":false', '"enableServiceLinks":true', 'variables of every Service'],
  ['"name":"NATS_URL_FILE"', '"name":"NATS_URL"', 'stands in the open'],
])('a pod with %s turned into %s would be complained about', (from, to, complaint) => {
  expect(complaintsAbout(changed((text) => text.replace(from, to))).join()).toContain(complaint);
});

test('a secret in a ConfigMap would be complained about', () => {
  const config = (data: Record<string, string>): Rendered => ({ kind: 'ConfigMap', metadata: { name: 'x' }, data });
  expect(complaintsAbout(config({ PARLEY_SECRET: 'something' }))).toHaveLength(1);
  expect(complaintsAbout(config({ UPSTREAM: 'nats://parley:open@nats:4222' }))).toHaveLength(1);
  expect(complaintsAbout(config({ PARLEY_SWIFTY_TOKENS_REQUIRED: 'true' }))).toEqual([]);
});

test.each([...services, 'platform'] as const)(
  'the annotations for Artifact Hub name the images that %s runs',
  (chart) => {
    const file = fileURLToPath(new URL(`../charts/${chart}/Chart.yaml`, import.meta.url));
    const { annotations } = parse(readFileSync(file, 'utf8')) as { annotations: Record<string, string> };
    const annotated = (parse(annotations['artifacthub.io/images'] ?? '') as { image: string }[]).map(
      ({ image }) => image,
    );
    const objects = render({ chart, set: chart === 'platform' ? [] : ['global.secret="parley"'] });
    const workloads = objects.filter(({ kind }) => ['Deployment', 'StatefulSet'].includes(kind));
    const run = workloads.flatMap(({ spec }) =>
      (spec as { template: { spec: { containers: { image: string }[] } } }).template.spec.containers.map(
        ({ image }) => image,
      ),
    );
    expect(annotated.toSorted()).toEqual(run.toSorted());
  },
);

test('all times of stopping follow from one value, and the pod is given enough for them', () => {
  for (const drainSeconds of [4, 20, 120]) {
    const objects = render({
      chart: 'gateway',
      set: ['global.secret="parley"', `global.drainSeconds=${drainSeconds}`],
    });
    const [config] = ofKind(objects, 'ConfigMap');
    const shutdownDelayMs = Number(config?.data?.['PARLEY_SHUTDOWN_DELAY_MS']);
    const drainMs = Number(config?.data?.['PARLEY_DRAIN_MS']);
    const [deployment] = ofKind(objects, 'Deployment');
    const pod = deployment?.spec as { template: { spec: { terminationGracePeriodSeconds: number } } };
    expect(drainMs).toBe(drainSeconds * 1000);
    expect(shutdownDelayMs).toBe(drainSeconds * 250);
    // libs/process: unready, then the part's own stop (drain and 10 s), then 5 s for what is left.
    const neededMs = shutdownDelayMs + drainMs + 10_000 + 5_000;
    expect(pod.template.spec.terminationGracePeriodSeconds * 1000).toBeGreaterThanOrEqual(neededMs);
  }
});

test('a changed setting rolls the pods, an unchanged one does not', () => {
  const checksum = (set: string[]): unknown => {
    const [deployment] = ofKind(render({ chart: 'chat', set: ['global.secret="parley"', ...set] }), 'Deployment');
    const { template } = deployment?.spec as { template: { metadata: { annotations: Record<string, string> } } };
    return template.metadata.annotations['checksum/config'];
  };
  expect(checksum(['config.PARLEY_CHAT_WAITING_MAX=7'])).not.toBe(checksum([]));
  expect(checksum(['replicas=7'])).toBe(checksum([]));
});

test('large numbers reach a process as they were written', () => {
  const [config] = ofKind(
    render({ chart: 'gateway', set: ['global.secret="parley"', 'config.PARLEY_OUTGOING_BYTES_MAX=4194304'] }),
    'ConfigMap',
  );
  expect(config?.data?.['PARLEY_OUTGOING_BYTES_MAX']).toBe('4194304');
});

test('each service is installed alone, and reads only the secrets that it needs', () => {
  const keysOf = (chart: (typeof services)[number]): string[] => {
    const [deployment] = ofKind(render({ chart, release: chart, set: ['global.secret="parley"'] }), 'Deployment');
    expect(deployment?.metadata.name).toBe(chart);
    const { template } = deployment?.spec as {
      template: { spec: { volumes: { secret?: { secretName: string; items: { key: string }[] } }[] } };
    };
    return template.spec.volumes.flatMap(({ secret }) => secret?.items.map(({ key }) => key) ?? []);
  };
  expect(keysOf('auth')).toEqual(['NATS_URL_AUTH', 'DATABASE_URL_AUTH', 'PARLEY_SECRET']);
  for (const service of ['topics', 'chat', 'signaling'] as const)
    expect(keysOf(service)).toEqual([`NATS_URL_${service.toUpperCase()}`, `DATABASE_URL_${service.toUpperCase()}`]);
  expect(keysOf('gateway')).toEqual(['NATS_URL_GATEWAY', 'REDIS_URL']);
});

test('sample data, whose passwords are published, is written only when it is asked for', () => {
  const writersIn = (objects: readonly Rendered[]): string[] =>
    ofKind(objects, 'Job').flatMap(({ metadata, spec }) =>
      JSON.stringify(spec).includes('sample-data/main.js') ? [metadata.name] : [],
    );
  for (const values of ['default', 'minimal', 'high-availability'] as const)
    expect(writersIn(render({ values })), values).toEqual([]);
  expect(writersIn(render({ values: 'everything' }))).toEqual(['parley-gateway-sample-data']);
});

test('an ingress lets sockets live for an hour of silence', () => {
  const [ingress] = ofKind(render({ values: 'everything' }), 'Ingress');
  const annotations = ingress?.metadata.annotations;
  expect(Number(annotations?.['nginx.ingress.kubernetes.io/proxy-read-timeout'])).toBeGreaterThanOrEqual(3600);
  expect(Number(annotations?.['nginx.ingress.kubernetes.io/proxy-send-timeout'])).toBeGreaterThanOrEqual(3600);
});

test('a ServiceMonitor finds the port that serves metrics', () => {
  const objects = render({ values: 'everything' });
  const monitors = ofKind(objects, 'ServiceMonitor');
  expect(monitors).toHaveLength(services.length);
  for (const { spec } of monitors) {
    const { selector, endpoints } = spec as {
      selector: { matchLabels: Record<string, string> };
      endpoints: { port: string; path: string }[];
    };
    const found = ofKind(objects, 'Service').filter(({ metadata }) =>
      Object.entries(selector.matchLabels).every(([label, value]) => metadata.labels?.[label] === value),
    );
    expect(found).toHaveLength(1);
    const { ports } = found[0]?.spec as { ports: { name: string; port: number }[] };
    expect(ports.map(({ name }) => name)).toContain(endpoints[0]?.port);
    expect(endpoints[0]?.path).toBe('/metrics');
  }
});
