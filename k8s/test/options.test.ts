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

test('a variable is given as a number, a truth value or text', () => {
  const objects = render({
    set: [
      'chat.config={"PARLEY_RETENTION_DAYS":"30"}',
      'gateway.config={"PARLEY_SAMPLE_DATA":"Yes","PARLEY_SWIFTY_OFFLINE_QUEUE":true,"PARLEY_OUTGOING_BYTES_MAX":4194304}',
    ],
  });
  const dataOf = (name: string) => ofKind(objects, 'ConfigMap').find(({ metadata }) => metadata.name === name)?.data;
  expect(dataOf('parley-chat')).toMatchObject({ PARLEY_RETENTION_DAYS: '30' });
  expect(dataOf('parley-gateway')).toMatchObject({
    ...{ PARLEY_SAMPLE_DATA: 'Yes', PARLEY_SWIFTY_OFFLINE_QUEUE: 'true', PARLEY_OUTGOING_BYTES_MAX: '4194304' },
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
    parentRefs: [{ name: 'public', namespace: 'gateways' }, { name: 'parley-gateway' }],
    hostnames: ['chat.example.org'],
    rules: [{ backendRefs: [{ name: 'parley-gateway', port: 80 }], timeouts: { request: '0s' } }],
  });
});

test('the chart makes a Gateway where the values give its class, with TLS where they name a certificate', () => {
  expect(called('Gateway', 'parley-gateway').spec).toMatchObject({
    gatewayClassName: 'example',
    listeners: [
      {
        hostname: 'chat.example.org',
        protocol: 'HTTPS',
        port: 443,
        tls: { mode: 'Terminate', certificateRefs: [{ name: 'chat-example-org' }] },
      },
    ],
  });
  const route = { enabled: true, gateway: { className: 'example' } };
  const plain = render({ set: [`gateway.httpRoute=${JSON.stringify(route)}`] });
  const [made] = ofKind(plain, 'Gateway');
  expect((made?.spec as { listeners: unknown }).listeners).toEqual([
    { name: 'http-0', protocol: 'HTTP', port: 80, allowedRoutes: { namespaces: { from: 'Same' } } },
  ]);
  const [to] = ofKind(plain, 'HTTPRoute');
  expect((to?.spec as { parentRefs: unknown }).parentRefs).toEqual([{ name: 'parley-gateway' }]);
  expect(refusal({ set: ['gateway.httpRoute.enabled=true'] })).toContain('httpRoute.parentRefs or httpRoute.gateway');
});

const autoscaled = (more: object): string =>
  `gateway.autoscaling=${JSON.stringify({ enabled: true, min: 2, max: 4, cpuPercent: 60, ...more })}`;

test('an autoscaler counts connections where an adapter serves them', () => {
  const [autoscaler] = ofKind(
    render({ set: [autoscaled({ connectionsPerReplica: 20_000 })] }),
    'HorizontalPodAutoscaler',
  );
  expect((autoscaler?.spec as { metrics: unknown[] }).metrics).toContainEqual({
    type: 'Pods',
    pods: { metric: { name: 'parley_connections' }, target: { type: 'AverageValue', averageValue: '20000' } },
  });
});

test('KEDA scales by CPU and by what Prometheus counts, instead of an autoscaler of the chart', () => {
  const { spec } = called('ScaledObject', 'parley-gateway');
  expect(spec).toMatchObject({
    scaleTargetRef: { name: 'parley-gateway' },
    minReplicaCount: 3,
    maxReplicaCount: 20,
    triggers: [
      { type: 'cpu', metadata: { value: '60' } },
      {
        type: 'prometheus',
        metadata: {
          serverAddress: 'http://prometheus.monitoring:9090',
          query: 'sum(parley_connections{namespace="parley", pod=~"parley-gateway-.+"})',
          threshold: '20000',
        },
      },
    ],
    advanced: { horizontalPodAutoscalerConfig: { behavior: { scaleDown: { stabilizationWindowSeconds: 600 } } } },
  });
  const autoscalers = ofKind(objects, 'HorizontalPodAutoscaler').map(({ metadata }) => metadata.name);
  expect(autoscalers).not.toContain('parley-gateway');
});

const withPrometheus = { prometheusUrl: 'http://prometheus:9090', connectionsPerReplica: 20_000 };

test.each([
  ['without KEDA', withPrometheus, [], 'autoscaling.prometheusUrl needs KEDA'],
  ['without a number', { ...withPrometheus, connectionsPerReplica: 0 }, undefined, 'connectionsPerReplica is required'],
  [
    'with metrics of another kind',
    { ...withPrometheus, metrics: [{ type: 'External' }] },
    undefined,
    'autoscaling.metrics',
  ],
])('KEDA %s is refused', (_what, given, apis, sentence) => {
  expect(refusal({ set: [autoscaled(given)], ...(apis && { apis }) })).toContain(sentence);
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

test('labels and annotations of all objects are given once, and change no selector and no claim', () => {
  for (const { kind, metadata } of objects) {
    if (metadata.name === 'parley-extra') continue;
    expect(metadata.labels, `${kind} ${metadata.name}`).toMatchObject({
      team: 'messaging',
      'app.kubernetes.io/part-of': 'parley',
    });
    expect(metadata.annotations, `${kind} ${metadata.name}`).toMatchObject({ 'example.org/cost-center': '42' });
  }
  expect(called('Deployment', 'parley-chat').metadata.annotations).toMatchObject({
    'example.org/runbook': 'https://runbooks.example.org/chat',
  });
  const specs = (set: readonly string[]): unknown[] =>
    render({ set }).flatMap(({ kind, spec }) =>
      ['Deployment', 'StatefulSet', 'NetworkPolicy'].includes(kind) ? [spec] : [],
    );
  // 0440, which this parser takes for a decimal number.
  const plain = JSON.stringify(specs([])).replaceAll('"defaultMode":440', `"defaultMode":${0o440}`);
  const labeled = specs(['global.labels={"team":"messaging"}', 'global.annotations={"example.org/x":"1"}']);
  expect(labeled).toEqual(JSON.parse(plain));
});

test('an account of a service is annotated where a cloud asks for it', () => {
  const set = ['chat.serviceAccount={"annotations":{"example.org/role":"chat"}}'];
  const account = ofKind(render({ set }), 'ServiceAccount').find(({ metadata }) => metadata.name === 'parley-chat');
  expect(account?.metadata.annotations).toEqual({ 'example.org/role': 'chat' });
});

test('objects of the operator belong to the release', () => {
  expect(called('ConfigMap', 'parley-extra').data).toEqual({ of: 'the operator' });
});

test.each(['serviceMonitor', 'podMonitor'])('a %s is refused where there is no Prometheus operator', (monitor) => {
  expect(refusal({ set: [`global.${monitor}.enabled=true`], apis: [] })).toContain(
    `global.${monitor}.enabled needs the Prometheus operator`,
  );
});
