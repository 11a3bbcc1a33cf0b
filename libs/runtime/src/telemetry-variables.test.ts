// OpenTelemetry variables have the same effect here as in any program, verified by real OTLP receivers.
import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { type CollectedSpan, collectedSpans, eventually, spansOfProtobuf, startCollector } from '@parley/testing';
import { afterEach, expect, test, vi } from 'vitest';
import { createLog } from './log.js';
import { continueTrace, startTelemetry, tracer } from './telemetry.js';

const chat = { service: 'chat', instanceId: 'a1', environment: process.env };

afterEach(() => vi.unstubAllEnvs());

interface Export {
  readonly spans: readonly CollectedSpan[];
  readonly headers: readonly IncomingHttpHeaders[];
  readonly logged: string;
}

/** Runs `work` with tracing enabled by these variables; returns the spans with its names that a collector received. */
const exported = async (
  variables: Readonly<Record<string, string>>,
  work: (name: string) => void,
  { sampleRatio = 1 } = {},
): Promise<Export> => {
  const headers: IncomingHttpHeaders[] = [];
  const lines: string[] = [];
  const log = createLog({ service: 'chat', destination: { write: (line) => void lines.push(line) } });
  await using collector = await startCollector({ onBody: (_body, given) => void headers.push(given) });
  const all: Record<string, string> = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...variables };
  for (const [name, value] of Object.entries(all)) vi.stubEnv(name, value.replace('<collector>', collector.url));
  const telemetry = await startTelemetry({ ...chat, sampleRatio, log });
  const name = randomBytes(8).toString('hex');
  work(name);
  await telemetry.shutdown();
  return { spans: await collectedSpans(collector.url, { name }), headers, logged: lines.join('') };
};

const one = (name: string): void => tracer().startSpan(name).end();
const many = (name: string): void => Array.from({ length: 200 }, () => name).forEach(one);

test.each([
  { protocol: undefined, type: 'application/x-protobuf' },
  { protocol: 'http/protobuf', type: 'application/x-protobuf' },
  { protocol: 'http/json', type: 'application/json' },
])('OTEL_EXPORTER_OTLP_PROTOCOL=$protocol is what the collector gets', async ({ protocol, type }) => {
  const { spans, headers } = await exported(protocol ? { OTEL_EXPORTER_OTLP_PROTOCOL: protocol } : {}, one);
  expect(spans).toHaveLength(1);
  expect(headers.map((each) => each['content-type'])).toEqual([type]);
});

test('OTEL_EXPORTER_OTLP_PROTOCOL=grpc', async () => {
  const got: CollectedSpan[] = [];
  const server = new Server();
  const bytes = (value: Buffer): Buffer => value;
  const Export = {
    path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
    requestStream: false,
    responseStream: false,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  };
  server.addService(
    { Export },
    {
      Export: (call: { request: Buffer }, answer: (error: null, value: Buffer) => void) => {
        got.push(...spansOfProtobuf(call.request));
        answer(null, Buffer.alloc(0));
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  const endpoint = `http://127.0.0.1:${port}`;
  await exported({ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }, one);
  server.forceShutdown();
  expect(got).toMatchObject([{ service: 'chat' }]);
});

test('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is the whole URL, and enough', async () => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: '', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: '<collector>/v1/traces' };
  expect((await exported(endpoint, one)).spans).toHaveLength(1);
});

test('OTEL_EXPORTER_OTLP_HEADERS is sent along', async () => {
  const { headers } = await exported({ OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20abc,x-team=chat' }, one);
  expect(headers).toMatchObject([{ authorization: 'Bearer abc', 'x-team': 'chat' }]);
});

test('the resource says what the process is; nothing about its host or its command line', async () => {
  const { spans } = await exported({}, one);
  const { resource = {} } = spans[0] ?? {};
  expect(resource).toMatchObject({
    'service.name': 'chat',
    'service.namespace': 'parley',
    'service.instance.id': 'a1',
  });
  expect(Object.keys(resource).filter((key) => !/^(service|telemetry\.sdk)\./.test(key))).toEqual([]);
});

test('OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME win over what we say ourselves', async () => {
  const { spans } = await exported(
    {
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=staging,service.namespace=theirs,service.name=no',
      OTEL_SERVICE_NAME: 'our-chat',
    },
    one,
  );
  expect(spans[0]?.resource).toMatchObject({
    'deployment.environment.name': 'staging',
    'service.namespace': 'theirs',
    'service.name': 'our-chat',
    'service.instance.id': 'a1',
  });
});

/** Of 200; a quarter is 50 with a standard deviation of 6. */
const none = [0, 0] as const;
const all = [200, 200] as const;
const aQuarter = [15, 100] as const;
const samplers = [
  { sampler: 'always_on', arg: '', ratio: 0, count: all },
  { sampler: 'always_off', arg: '', ratio: 1, count: none },
  { sampler: 'parentbased_always_off', arg: '', ratio: 1, count: none },
  { sampler: 'traceidratio', arg: '0.25', ratio: 1, count: aQuarter },
  { sampler: 'parentbased_traceidratio', arg: '0.25', ratio: 0, count: aQuarter },
  // Without OTEL_TRACES_SAMPLER, PARLEY_TRACE_RATIO decides.
  { sampler: '', arg: '1', ratio: 0.25, count: aQuarter },
];

test.each(samplers)(
  'OTEL_TRACES_SAMPLER=$sampler $arg beside a ratio of $ratio',
  async ({ ratio, count, ...given }) => {
    const variables = { OTEL_TRACES_SAMPLER: given.sampler, OTEL_TRACES_SAMPLER_ARG: given.arg };
    const { spans } = await exported(variables, many, { sampleRatio: ratio });
    expect(spans.length).toBeGreaterThanOrEqual(count[0]);
    expect(spans.length).toBeLessThanOrEqual(count[1]);
  },
);

/** Every ratio above 0 samples the first, and no ratio below 1 the second. */
const ids = ['0000000000000000000000000000000a', 'ffffffffffffffffffffffffffffffff'];
const begun = ids.flatMap((id) => ['00', '01'].map((flags) => `00-${id}-b7ad6b7169203331-${flags}`));
const parentBased = samplers.filter(({ sampler }) => sampler === '' || sampler.startsWith('parentbased'));

test.each(parentBased.flatMap((each) => begun.map((traceparent) => ({ ...each, traceparent }))))(
  'OTEL_TRACES_SAMPLER=$sampler $arg beside a ratio of $ratio: a client decides nothing by $traceparent',
  async ({ ratio, count, traceparent, ...given }) => {
    const variables = { OTEL_TRACES_SAMPLER: given.sampler, OTEL_TRACES_SAMPLER_ARG: given.arg };
    const continued = (name: string): void => {
      for (let n = 0; n < 200; n += 1) tracer().startSpan(name, {}, continueTrace({ traceparent }, false)).end();
    };
    const { spans } = await exported(variables, continued, { sampleRatio: ratio });
    expect(spans.length).toBeGreaterThanOrEqual(count[0]);
    expect(spans.length).toBeLessThanOrEqual(count[1]);
  },
);

test.each([{ OTEL_SDK_DISABLED: 'true' }, { OTEL_SDK_DISABLED: 'TRUE' }, { OTEL_TRACES_EXPORTER: 'none' }])(
  '%o exports nothing; ids still travel',
  async (variables: Record<string, string>) => {
    let id = '';
    const { headers } = await exported(variables, (name) => {
      const span = tracer().startSpan(name);
      id = span.spanContext().traceId;
      span.end();
    });
    expect(headers).toEqual([]);
    expect(id).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
  },
);

test('what is not understood is a warning in the log', async () => {
  const { logged } = await exported({ OTEL_TRACES_SAMPLER: 'sometimes', OTEL_EXPORTER_OTLP_PROTOCOL: 'smoke' }, one);
  expect(logged).toContain('unknown OTEL_TRACES_SAMPLER value');
  expect(logged).toContain('Unsupported OTLP traces protocol');
});

test('so is a collector that refuses spans, without the headers that it was sent', async () => {
  await using collector = await startCollector();
  vi.stubEnv('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', `${collector.url}/elsewhere`);
  vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'authorization=hush');
  vi.stubEnv('OTEL_BSP_SCHEDULE_DELAY', '1');
  const lines: string[] = [];
  const log = createLog({ service: 'chat', destination: { write: (line) => void lines.push(line) } });
  const telemetry = await startTelemetry({ ...chat, sampleRatio: 1, log });
  one('refused');
  await eventually(() => expect(lines.join('')).toContain('404'));
  await telemetry.shutdown();
  expect(lines.map((line) => (JSON.parse(line) as { level: string }).level)).toEqual(['warn']);
  expect(lines.join('')).not.toContain('hush');
});
