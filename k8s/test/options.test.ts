// What operators add of their own reaches the pods as they wrote it.
import { expect, test } from 'vitest';
import { ofKind, refusal, render } from './rendered.js';
import type { Rendered } from './rendered.js';

const objects = render({ values: 'everything' });

const called = (kind: string, name: string): Rendered => {
  const object = ofKind(objects, kind).find(({ metadata }) => metadata.name === name);
  if (!object) throw new Error(`No ${kind} ${name}`);
  return object;
};

interface PodTemplate {
  readonly template: { readonly spec: Record<string, unknown> & { readonly containers: Record<string, unknown>[] } };
}
const podOf = (kind: string, name: string) => (called(kind, name).spec as PodTemplate).template.spec;

test('placement, rank and name resolution are those of the values, also for jobs and stores', () => {
  const chat = podOf('Deployment', 'parley-chat');
  expect(chat).toMatchObject({
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    tolerations: [{ key: 'dedicated' }],
    affinity: { nodeAffinity: {} },
    dnsConfig: { options: [{ name: 'ndots', value: '2' }] },
    priorityClassName: 'messaging',
    runtimeClassName: 'gvisor',
    schedulerName: 'default-scheduler',
  });
  const migration = ofKind(objects, 'Job').find(({ metadata }) => metadata.name.startsWith('parley-chat-migrate-'));
  const { tolerations, nodeSelector } = (migration?.spec as PodTemplate).template.spec;
  expect({ tolerations, nodeSelector }).toEqual({
    tolerations: chat['tolerations'],
    nodeSelector: chat['nodeSelector'],
  });
  expect(podOf('StatefulSet', 'parley-postgres')).toMatchObject({
    nodeSelector: { 'example.org/disk': 'fast' },
    imagePullSecrets: [{ name: 'registry' }],
  });
});

test('variables, volumes, hooks and probes are added to the chart\u2019s own', () => {
  const [container] = podOf('Deployment', 'parley-chat').containers;
  expect(container).toMatchObject({
    envFrom: [{ configMapRef: { name: 'parley-chat' } }, { configMapRef: { name: 'proxy', optional: true } }],
    lifecycle: { preStop: { exec: { command: ['sleep', '1'] } } },
    readinessProbe: { periodSeconds: 5, httpGet: { path: '/readyz' } },
  });
  expect(container?.['env']).toContainEqual({ name: 'NODE_OPTIONS', value: '--max-old-space-size=384' });
  expect(container?.['volumeMounts']).toContainEqual({ name: 'heap', mountPath: '/heap' });
  expect(podOf('Deployment', 'parley-chat')['volumes']).toContainEqual({
    name: 'heap',
    emptyDir: { sizeLimit: '1Gi' },
  });
});

test('an image is pinned by its digest where one is given', () => {
  const [container] = podOf('Deployment', 'parley-gateway').containers;
  expect(container?.['image']).toMatch(/^registry\.example\.org\/team\/parley\/gateway:[^@]+@sha256:[0-9a-f]{64}$/);
});

test('clients come by each host of the ingress, and by the Gateway API', () => {
  const { rules, tls } = called('Ingress', 'parley-gateway').spec as {
    rules: { host: string }[];
    tls: { hosts: string[] }[];
  };
  const hosts = ['chat.example.org', 'talk.example.org'];
  expect(rules.map(({ host }) => host)).toEqual(hosts);
  expect(tls).toEqual([{ hosts, secretName: 'chat-example-org' }]);
  expect(called('HTTPRoute', 'parley-gateway').spec).toMatchObject({
    parentRefs: [{ name: 'public', namespace: 'gateways' }],
    hostnames: ['chat.example.org'],
    rules: [{ backendRefs: [{ name: 'parley-gateway', port: 80 }], timeouts: { request: '0s' } }],
  });
});

test('an autoscaler takes further metrics and another behaviour', () => {
  const metric = { type: 'External', external: { metric: { name: 'queue' }, target: { type: 'Value', value: '5' } } };
  const behavior = { scaleDown: { stabilizationWindowSeconds: 60 } };
  const autoscaling = { enabled: true, min: 2, max: 4, metrics: [metric], behavior };
  const [autoscaler] = ofKind(
    render({ set: [`gateway.autoscaling=${JSON.stringify(autoscaling)}`] }),
    'HorizontalPodAutoscaler',
  );
  const spec = autoscaler?.spec as { metrics: unknown[]; behavior: unknown };
  expect(spec.metrics).toContainEqual(metric);
  expect(spec.behavior).toEqual(behavior);
});

test('objects of the operator belong to the release', () => {
  expect(called('ConfigMap', 'parley-extra').data).toEqual({ of: 'the operator' });
});

test.each(['serviceMonitor', 'podMonitor'])('a %s is refused where there is no Prometheus operator', (monitor) => {
  expect(refusal({ set: [`global.${monitor}.enabled=true`], apis: [] })).toContain(
    `global.${monitor}.enabled needs the Prometheus operator`,
  );
});
