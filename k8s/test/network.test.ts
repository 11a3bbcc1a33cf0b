// Each way that a NetworkPolicy allows is one that the code uses, and each that the code uses is allowed.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { ofKind, refusal, render, services, stores, valueSets } from './rendered.js';
import type { Rendered, Service } from './rendered.js';

interface Selector {
  readonly matchLabels?: Record<string, string>;
}
interface Peer {
  readonly podSelector?: Selector;
  readonly namespaceSelector?: Selector;
  readonly ipBlock?: { readonly cidr: string };
}
interface Rule {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports?: readonly { readonly protocol: string; readonly port: string | number }[];
}
interface Policy {
  readonly podSelector: Selector;
  readonly policyTypes: readonly string[];
  readonly ingress?: readonly Rule[];
  readonly egress?: readonly Rule[];
}

const sourceOf = (service: Service, file: string): string =>
  readFileSync(fileURLToPath(new URL(`../../services/${service}/src/${file}`, import.meta.url)), 'utf8');

/** Which stores a service's code speaks to: how its process starts, and which URLs it reads. */
const storesOf = (service: Service): string[] => {
  const main = sourceOf(service, 'main.ts');
  const config = sourceOf(service, 'config.ts');
  const uses = {
    nats: /run(Service|Process)\(/.test(main),
    postgres: /runService\(/.test(main),
    redis: /REDIS_URL/.test(config),
  };
  return stores.filter((store) => uses[store]);
};
const takesClients = (service: Service): boolean => /\bPORT:/.test(sourceOf(service, 'config.ts'));

const nameLabel = 'app.kubernetes.io/name';
const componentLabel = 'app.kubernetes.io/component';

const labelOf = (peer: Peer): string => {
  const labels = peer.podSelector?.matchLabels ?? {};
  const [name, component] = [labels[nameLabel], labels[componentLabel]];
  if (name !== undefined) return component === 'test' ? `the test of ${name}` : name;
  if (peer.ipBlock) return peer.ipBlock.cidr;
  return Object.values(peer.namespaceSelector?.matchLabels ?? { all: 'everybody' }).join();
};

/** Each way as a sentence: who, to whom, on which port. A rule that leaves something out allows all of it. */
const waysOf = (objects: readonly Rendered[]): string[] =>
  ofKind(objects, 'NetworkPolicy').flatMap(({ spec }) => {
    const { podSelector, ingress = [], egress = [] } = spec as Policy;
    const who = podSelector.matchLabels?.[nameLabel] ?? 'everybody';
    const spell = (
      rules: readonly Rule[],
      side: 'from' | 'to',
      say: (other: string, port: string) => string,
    ): string[] =>
      rules.flatMap((rule) => {
        const others = rule[side]?.map(labelOf) ?? ['everybody'];
        const ports = rule.ports?.map(({ port }) => String(port)) ?? ['every port'];
        return others.flatMap((other) => ports.map((port) => say(other, port)));
      });
    return [
      ...spell(ingress, 'from', (other, port) => `${who} receives ${other} on ${port}`),
      ...spell(egress, 'to', (other, port) => `${who} calls ${other} on ${port}`),
    ];
  });

const ports = { nats: 4222, postgres: 5432, redis: 6379 };

interface Expected {
  /** What the values say in place of pods of the chart's own. */
  readonly clients?: string;
  readonly scrapers?: readonly string[];
  readonly storeAt?: Partial<Record<string, string>>;
  readonly collector?: string;
  readonly dns?: string;
  /** Whether the NATS of the chart is a cluster. */
  readonly natsPeers?: boolean;
  readonly dnsPorts?: readonly number[];
}

const expectedWays = (expected: Expected): string[] => {
  const {
    clients = 'everybody',
    scrapers = [],
    storeAt = {},
    collector,
    dns = 'everybody',
    dnsPorts = [53, 5353],
    natsPeers = false,
  } = expected;
  const ways: string[] = [];
  if (natsPeers) {
    ways.push('nats calls nats on 6222', 'nats receives nats on 6222');
    for (const port of dnsPorts.flatMap((each) => [each, each])) ways.push(`nats calls ${dns} on ${port}`);
  }
  for (const service of services) {
    for (const other of [`the test of ${service}`, ...scrapers]) ways.push(`${service} receives ${other} on health`);
    if (takesClients(service))
      ways.push(`${service} receives ${clients} on http`, `${service} calls ${service} on http`);
    ways.push(`${service} calls ${service} on health`);
    // Names, over UDP and TCP.
    for (const port of dnsPorts.flatMap((each) => [each, each])) ways.push(`${service} calls ${dns} on ${port}`);
    if (takesClients(service) && clients !== 'everybody')
      ways.push(`${service} receives the test of ${service} on http`);
    if (collector) ways.push(`${service} calls ${collector} on 4318`);
    for (const store of storesOf(service)) {
      const port = ports[store as keyof typeof ports];
      ways.push(`${service} calls ${storeAt[store] ?? store} on ${port}`);
      if (!storeAt[store]) ways.push(`${store} receives ${service} on ${port}`);
    }
  }
  return ways.sort();
};

const expectedOf: Record<(typeof valueSets)[number], Expected> = {
  default: {},
  minimal: {},
  everything: {
    clients: 'ingress-nginx',
    scrapers: ['monitoring'],
    collector: 'observability',
    dns: 'kube-system',
    dnsPorts: [53],
    natsPeers: true,
  },
  'high-availability': { storeAt: { nats: 'nats', postgres: '10.20.0.0/24', redis: '10.20.1.0/24' } },
};

test('the code is read as it is: chat speaks to NATS and PostgreSQL, the gateway to NATS and Redis', () => {
  expect(storesOf('chat')).toEqual(['nats', 'postgres']);
  expect(storesOf('gateway')).toEqual(['nats', 'redis']);
  expect(services.filter(takesClients)).toEqual(['gateway']);
});

describe.each(valueSets)('with the values "%s"', (values) => {
  const objects = render({ values });

  test('policies allow exactly the ways that the code uses', () => {
    expect(waysOf(objects).sort()).toEqual(expectedWays(expectedOf[values]));
  });

  test('every pod is under a policy that holds both directions', () => {
    const policies = ofKind(objects, 'NetworkPolicy').map(({ spec }) => spec as Policy);
    for (const { policyTypes } of policies) expect(policyTypes).toEqual(['Ingress', 'Egress']);
    const pods = objects.flatMap(({ kind, metadata, spec }) => {
      if (kind === 'Pod') return [metadata.labels ?? {}];
      const template = (spec as { template?: { metadata: { labels: Record<string, string> } } } | undefined)?.template;
      return template ? [template.metadata.labels] : [];
    });
    expect(pods.length).toBeGreaterThan(services.length);
    for (const labels of pods) {
      const over = policies.filter(({ podSelector }) =>
        Object.entries(podSelector.matchLabels ?? {}).every(([label, value]) => labels[label] === value),
      );
      expect(over, JSON.stringify(labels)).toHaveLength(1);
    }
  });
});

test('names are resolved where the values say, when they do', () => {
  const peers = [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } }];
  const objects = render({ set: [`global.dns.to=${JSON.stringify(peers)}`] });
  expect(waysOf(objects).sort()).toEqual(expectedWays({ dns: 'kube-system' }));
});

test('Redis under Sentinel is asked for on the port of Sentinels too', () => {
  const to = { ipBlock: { cidr: '10.20.1.0/24' } };
  const ways = waysOf(
    render({
      chart: 'gateway',
      set: ['global.secret="parley"', `global.stores.redis=${JSON.stringify({ to: [to], sentinelPort: 26379 })}`],
    }),
  );
  expect(ways.filter((way) => way.includes(to.ipBlock.cidr))).toEqual([
    'gateway calls 10.20.1.0/24 on 6379',
    'gateway calls 10.20.1.0/24 on 26379',
  ]);
});

describe('a service that is installed alone', () => {
  const stored = {
    NATS_URL_CHAT: 'nats://chat:secret@parley-nats:4222,nats://chat:secret@other:4222',
    DATABASE_URL_CHAT: 'postgres://parley_chat:secret@db-1.example.org,db-2.example.org:5432/parley',
  };
  const nats = { kind: 'Service', metadata: { name: 'parley-nats' } };
  const alone = { chart: 'chat', release: 'chat', stored, live: [nats] } as const;
  const secret = 'global.secret="parley"';

  test('is refused when no policy would let it reach a store that is elsewhere', () => {
    expect(refusal({ ...alone, set: [secret] })).toContain(
      'global.stores.postgres.to is required: DATABASE_URL of the Secret parley names a host that is no Service',
    );
    expect(refusal({ ...alone, live: [], set: [secret] })).toContain('global.stores.nats.to is required');
  });

  test('reaches it where the values say that it is, and the stores of the platform without a word', () => {
    const to = 'global.stores.postgres.to=[{"ipBlock":{"cidr":"10.20.0.0/24"}}]';
    const ways = waysOf(render({ ...alone, set: [secret, to] }));
    expect(ways).toEqual(expect.arrayContaining(['chat calls nats on 4222', 'chat calls 10.20.0.0/24 on 5432']));
  });
});

test.each([
  ['too wide: any port', (rule: Rule): Rule => ({ ...rule, ports: undefined }) as unknown as Rule],
  ['too wide: any place', (rule: Rule): Rule => ({ ...rule, to: undefined }) as unknown as Rule],
  ['too narrow: another port', (rule: Rule): Rule => ({ ...rule, ports: [{ protocol: 'TCP', port: 4223 }] })],
  ['too narrow: nowhere', (rule: Rule): Rule => ({ ...rule, to: [] })],
])('a policy that is %s would be noticed', (_what, change) => {
  const objects = render().map((object) => {
    if (object.kind !== 'NetworkPolicy' || object.metadata.name !== 'parley-chat') return object;
    const spec = object.spec as Policy;
    const egress = spec.egress?.map((rule) => (rule.ports?.[0]?.port === 4222 ? change(rule) : rule));
    return { ...object, spec: { ...spec, egress } };
  });
  expect(waysOf(objects).sort()).not.toEqual(expectedWays({}));
});
