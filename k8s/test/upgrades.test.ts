// What an upgrade, a drained zone and an uninstalled release find.
import { describe, expect, test } from 'vitest';
import { ofKind, render, services, stores, valueSets } from './rendered.js';
import type { Rendered } from './rendered.js';

const autoscaled = ['chat.autoscaling={"enabled":true,"min":3,"max":9,"cpuPercent":70}'];

const replicasOf = (objects: readonly Rendered[], name: string): unknown =>
  (ofKind(objects, 'Deployment').find(({ metadata }) => metadata.name === name)?.spec as { replicas?: number })
    .replicas;

const liveChat = (replicas: number): object => ({
  kind: 'Deployment',
  metadata: { name: 'parley-chat' },
  spec: { replicas },
});

describe('the number of replicas', () => {
  test('of a service is at least the minimum when its autoscaler is switched on', () => {
    expect(replicasOf(render({ set: autoscaled }), 'parley-chat')).toBe(3);
    expect(replicasOf(render({ set: autoscaled, live: [liveChat(1)] }), 'parley-chat')).toBe(3);
  });

  test('that an autoscaler has chosen is kept by an upgrade', () => {
    expect(replicasOf(render({ set: autoscaled, live: [liveChat(7)] }), 'parley-chat')).toBe(7);
  });

  test('that the values give is held by an autoscaler that is switched off, until the next upgrade removes it', () => {
    const live = (min: number, max: number): object => ({
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'parley-chat', annotations: { 'meta.helm.sh/release-name': 'parley' } },
      spec: { minReplicas: min, maxReplicas: max },
    });
    const autoscalers = (objects: readonly object[]): unknown[] =>
      ofKind(render({ set: ['chat.replicas=4'], live: [liveChat(7), ...objects] }), 'HorizontalPodAutoscaler').map(
        ({ metadata, spec }) => [metadata.name, spec],
      );
    expect(autoscalers([])).toEqual([]);
    expect(autoscalers([live(3, 9)])).toEqual([
      ['parley-chat', expect.objectContaining({ minReplicas: 4, maxReplicas: 4 })],
    ]);
    expect(autoscalers([live(4, 4)])).toEqual([]);
  });

  test('that the values give holds without an autoscaler', () => {
    expect(replicasOf(render({ set: ['chat.replicas=4'], live: [liveChat(7)] }), 'parley-chat')).toBe(4);
  });
});

test('a PostgreSQL that an upgrade broke is mended by the next one; one of an earlier release keeps what cannot be changed', () => {
  const policyOf = (live?: readonly object[]): unknown => {
    const [postgres] = ofKind(render(live ? { live } : {}), 'StatefulSet');
    return (postgres?.spec as { podManagementPolicy?: string }).podManagementPolicy;
  };
  const there = (podManagementPolicy: string): object => ({
    kind: 'StatefulSet',
    metadata: { name: 'parley-postgres' },
    spec: { podManagementPolicy },
  });
  expect(policyOf([])).toBe('Parallel');
  expect(policyOf([there('Parallel')])).toBe('Parallel');
  expect(policyOf([there('OrderedReady')])).toBeUndefined();
  expect(policyOf()).toBeUndefined();
});

interface Constraint {
  readonly topologyKey: string;
  readonly whenUnsatisfiable: string;
  readonly nodeTaintsPolicy?: string;
  readonly matchLabelKeys?: readonly string[];
}

test('a rollout does not wait for a drained node: spread counts the nodes that take pods, and the pods of one version', () => {
  for (const { metadata, spec } of ofKind(render({ values: 'high-availability' }), 'Deployment')) {
    const { template } = spec as { template: { spec: { topologySpreadConstraints: Constraint[] } } };
    const constraints = template.spec.topologySpreadConstraints;
    expect(constraints, metadata.name).toHaveLength(2);
    for (const constraint of constraints)
      expect(constraint).toMatchObject({ nodeTaintsPolicy: 'Honor', matchLabelKeys: ['pod-template-hash'] });
    const required = constraints.filter(({ whenUnsatisfiable }) => whenUnsatisfiable === 'DoNotSchedule');
    expect(required.map(({ topologyKey }) => topologyKey)).toEqual(['topology.kubernetes.io/zone']);
  }
});

test.each(valueSets)('no job or test of "%s" outlives its use, also where Helm does not remove it', (values) => {
  const jobs = ofKind(render({ values }), 'Job');
  expect(jobs.length).toBeGreaterThan(services.length);
  for (const { metadata, spec } of jobs)
    expect((spec as { ttlSecondsAfterFinished?: number }).ttlSecondsAfterFinished, metadata.name).toBeGreaterThan(0);
  expect(ofKind(render({ values }), 'Pod')).toEqual([]);
});

test.each(valueSets)('objects of "%s" have no empty list that the API server would drop', (values) => {
  for (const object of render({ values })) expect(JSON.stringify(object), object.metadata.name).not.toContain(':[]');
});

test('the version label is the one that runs', () => {
  const objects = render({ set: ['chat.image.tag="9.8.7"'] });
  const versions = objects.flatMap(({ kind, metadata }) =>
    kind === 'Deployment' && metadata.name === 'parley-chat' ? [metadata.labels?.['app.kubernetes.io/version']] : [],
  );
  expect(versions).toEqual(['9.8.7']);
});

describe.each(valueSets)('another version of "%s"', (values) => {
  const workloads = (version: string): Map<string, Rendered> =>
    new Map(
      render({ values, version })
        .filter(({ kind }) => ['Deployment', 'StatefulSet'].includes(kind))
        .map((object) => [object.metadata.name, object]),
    );
  const [before, after] = [workloads('9.8.6'), workloads('9.8.7')];
  const isStore = (name: string): boolean => stores.some((store) => name === `parley-${store}`);

  // Stores have no copies. Nor may the claim of a volume ever change.
  test('replaces no store: nothing of them names a version', () => {
    for (const [name, object] of after) if (isStore(name)) expect(object, name).toEqual(before.get(name));
  });

  test('changes nothing in the pods of a service but the image', () => {
    expect([...after.keys()]).toEqual([...before.keys()]);
    for (const [name, { spec }] of after) {
      if (isStore(name)) continue;
      const text = JSON.stringify(spec);
      expect(text, name).toContain(':9.8.7');
      expect(JSON.parse(text.replaceAll(':9.8.7', ':9.8.6')), name).toEqual(before.get(name)?.spec);
    }
  });
});

test('with every service switched off the platform is its stores, for services that are installed by their own charts', () => {
  const objects = render({ set: services.map((service) => `${service}.enabled=false`) });
  const workloads = objects.filter(({ kind }) => ['Deployment', 'StatefulSet', 'Job'].includes(kind));
  expect(workloads.map(({ metadata }) => metadata.name).sort()).toEqual(stores.map((store) => `parley-${store}`));
});

test.each(services)('%s is switched off whatever else the values say of it', (service) => {
  const objects = render({ set: [`${service}={"enabled":false,"resources":{"requests":{"cpu":"1"}}}`] });
  const own = objects.filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/name'] === service);
  expect(own).toEqual([]);
});

test('a limit of CPU may be left out', () => {
  const objects = render({ set: ['chat.resources.limits.cpu=null'] });
  const chat = ofKind(objects, 'Deployment').find(({ metadata }) => metadata.name === 'parley-chat');
  expect(JSON.stringify(chat)).toContain('"limits":{"memory":"512Mi"}');
});

test('an umbrella chart may have globals of its own', () => {
  expect(() => render({ set: ['global.ofTheUmbrella={"team":"messaging"}'] })).not.toThrow();
});
