// The values.schema.json of every chart, from one description. A chart refuses what it does not know, so that a slip of the pen is a
// sentence and not a setting that is silently ignored. `npm run charts -- write` writes them; a test finds them stale.
import { busUserNames } from '@parley/contracts';
import type { z } from 'zod';
import { choicesOf, expectedValue, rangeOf } from './expected-value.js';

/** As JSON Schema has it. */
type Schema = Readonly<Record<string, unknown>>;
type Properties = Readonly<Record<string, Schema>>;

export interface ChartedService {
  /** The variables that it reads that are neither secret nor set by the chart itself, with the schema that reads each. */
  readonly variables: ReadonlyMap<string, z.ZodType>;
  /** Whether clients connect to it. */
  readonly http: boolean;
}

const object = (properties: Properties, more: Schema = {}): Schema => ({
  type: 'object',
  additionalProperties: false,
  properties,
  ...more,
});
const text = { type: 'string' };
const flag = { type: 'boolean' };
const whole = (minimum: number, maximum?: number): Schema => ({
  type: 'integer',
  minimum,
  ...(maximum === undefined ? {} : { maximum }),
});
const texts = { type: 'array', items: text };
const pairs = { type: 'object', additionalProperties: text };
const anyObjects = { type: 'array', items: { type: 'object' } };
const portNumber = whole(1, 65_535);

/** Peers of a NetworkPolicy, as Kubernetes describes them. */
const peers = {
  type: 'array',
  items: object({
    podSelector: { type: 'object' },
    namespaceSelector: { type: 'object' },
    ipBlock: { type: 'object' },
  }),
};
const quantity = { type: ['string', 'number'], pattern: '^[0-9.]+([EPTGMk]i?|m)?$' };
// Nothing is required: of a service that is switched off Helm leaves the defaults out.
const amounts = object({ cpu: { ...quantity, type: ['string', 'number', 'null'] }, memory: quantity });
const resources = object({ requests: amounts, limits: amounts });

/** Who connects to PostgreSQL. */
const databaseRoles = ['admin', 'owner', 'auth', 'topics', 'chat', 'signaling'];

const urlsOf = (names: readonly string[]): Schema => object(Object.fromEntries(names.map((name) => [name, text])));
const store = (more: Properties = {}): Schema => object({ port: portNumber, to: peers, ...more });
const clientTls = { tls: object({ caSecret: text, clientSecret: text }) };
const serverTls = { tls: object({ secret: text, verifyClients: flag }) };
const monitor = object({ enabled: flag, interval: text, labels: pairs });
const globals = {
  labels: pairs,
  annotations: pairs,
  imageRegistry: text,
  secret: text,
  logLevel: { enum: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] },
  drainSeconds: whole(1, 480),
  terminationGracePeriodSeconds: { type: ['integer', 'null'], minimum: 1 },
  dns: object({ to: peers, ports: { type: 'array', minItems: 1, items: portNumber } }),
  stores: object({
    nats: store({ url: text, urls: urlsOf(busUserNames), sharedUrl: flag, ...clientTls }),
    postgres: store({
      url: text,
      urls: urlsOf(databaseRoles),
      sharedUrl: flag,
      makeRoles: { type: ['boolean', 'null'] },
      ...clientTls,
    }),
    redis: store({ url: text, sentinelPort: { type: ['integer', 'null'], minimum: 1, maximum: 65_535 }, ...clientTls }),
  }),
  tracing: object({
    endpoint: { type: 'string', pattern: '^(https?://.+)?$' },
    ratio: { type: 'number', minimum: 0, maximum: 1 },
    port: portNumber,
    to: peers,
  }),
  scrapeFrom: peers,
  serviceMonitor: monitor,
  podMonitor: monitor,
  spread: object({ required: flag }),
};
// An umbrella chart may give all of its charts values that these do not know.
const global = { type: 'object', properties: globals };

/** Where a pod runs and with what rank. */
const placement = {
  nodeSelector: pairs,
  tolerations: anyObjects,
  affinity: { type: 'object' },
  dnsConfig: { type: 'object' },
  priorityClassName: text,
  runtimeClassName: text,
  schedulerName: text,
};

const flagWords = ['true', 'yes', 'on', '1', 'false', 'no', 'off', '0'];
const inAnyCase = (word: string): string => word.replaceAll(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);

/** YAML and `--set` give a number or a boolean as such or as text; limits of a number that came as text are checked by the service. */
const valueOf = (variable: z.ZodType): Schema => {
  const expected = expectedValue(variable);
  const range = rangeOf(expected ?? '');
  const choices = choicesOf(expected ?? '');
  if (range) {
    const limits = { minimum: range.min, maximum: range.max };
    if (range.whole) return { type: ['string', 'integer'], pattern: String.raw`^\s*\d{1,15}\s*$`, ...limits };
    return { type: ['string', 'number'], pattern: String.raw`^\s*(\d+|\d*\.\d+)\s*$`, ...limits };
  }
  if (choices.length > 0) return { enum: choices };
  if (expected === 'true or false') {
    const pattern = String.raw`^\s*(${flagWords.map(inAnyCase).join('|')})\s*$`;
    return { type: ['string', 'boolean', 'integer'], pattern, minimum: 0, maximum: 1 };
  }
  return { type: 'string' };
};

const ofService = ({ variables, http }: ChartedService): Properties => ({
  enabled: flag,
  global,
  'service-lib': { type: 'object' },
  image: object({
    repository: text,
    tag: text,
    digest: { type: 'string', pattern: '^(sha256:[0-9a-f]{64})?$' },
    pullPolicy: { enum: ['Always', 'IfNotPresent', 'Never'] },
    pullSecrets: texts,
  }),
  replicas: whole(1, 1_000),
  autoscaling: object({
    enabled: flag,
    min: whole(1),
    max: whole(1),
    cpuPercent: whole(1, 100),
    metrics: anyObjects,
    behavior: { type: 'object' },
    ...(http
      ? { connectionsPerReplica: whole(0), prometheusUrl: { type: 'string', pattern: '^(https?://.+)?$' } }
      : {}),
  }),
  resources,
  config: object(Object.fromEntries([...variables].map(([name, variable]) => [name, valueOf(variable)]))),
  service: object({
    type: { enum: ['ClusterIP', 'NodePort', 'LoadBalancer'] },
    annotations: pairs,
    ...(http ? { port: portNumber } : {}),
  }),
  ...(http
    ? {
        enrolment: flag,
        sampleData: flag,
        http: object({ from: peers }),
        ingress: object({
          enabled: flag,
          className: text,
          host: text,
          moreHosts: texts,
          tlsSecret: text,
          annotations: pairs,
        }),
        httpRoute: object({
          enabled: flag,
          parentRefs: anyObjects,
          hostnames: texts,
          annotations: pairs,
          gateway: object({ className: text, tlsSecret: text, annotations: pairs }),
        }),
      }
    : { migrations: object({ beforeUpgrade: flag, withinSeconds: whole(1) }) }),
  podLabels: pairs,
  podAnnotations: pairs,
  annotations: pairs,
  serviceAccount: object({ annotations: pairs }),
  ...placement,
  extraEnv: anyObjects,
  envFrom: anyObjects,
  extraVolumes: anyObjects,
  extraVolumeMounts: anyObjects,
  extraContainers: anyObjects,
  initContainers: anyObjects,
  lifecycle: { type: 'object' },
  probes: object({
    startupProbe: { type: 'object' },
    livenessProbe: { type: 'object' },
    readinessProbe: { type: 'object' },
  }),
});

const image = { type: 'string', pattern: '^.+:.+$', not: { pattern: ':latest$' } };
const brought = (more: Properties = {}): Schema =>
  object({ enabled: flag, image, pullSecrets: texts, resources, ...placement, ...more });

const schema = (properties: Properties): Schema => ({
  $schema: 'http://json-schema.org/draft-07/schema#',
  ...object(properties),
});

/** Name of a chart → its schema. */
export const schemasOf = (services: Readonly<Record<string, ChartedService>>): Readonly<Record<string, Schema>> => {
  const own = Object.fromEntries(Object.entries(services).map(([name, each]) => [name, ofService(each)]));
  const platform = {
    ...Object.fromEntries(Object.entries(own).map(([name, properties]) => [name, object(properties)])),
    global,
    'service-lib': { type: 'object' },
    secret: object({ create: flag }),
    extraManifests: anyObjects,
    nats: brought({ replicas: whole(1, 9), ...serverTls }),
    postgres: brought({
      storage: object({ size: quantity, className: text }),
      maxConnections: whole(20, 10_000),
      ...serverTls,
    }),
    redis: brought(serverTls),
    external: object({
      natsUrl: text,
      natsUrls: urlsOf(busUserNames),
      databaseUrl: text,
      databaseUrls: urlsOf(databaseRoles),
      redisUrl: text,
    }),
  };
  const charts: Readonly<Record<string, Properties>> = { ...own, platform };
  return Object.fromEntries(Object.entries(charts).map(([name, each]) => [name, schema(each)]));
};
