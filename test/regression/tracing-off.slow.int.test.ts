// The SDK takes half a second and 15 MB to load: a process that exports no spans goes without it.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** Everything that processes run, from what was built. */
const packages = ['process', 'auth', 'topics', 'chat', 'signaling', 'gateway'].map((name) => `@parley/${name}`);
const script = `
  import { createRequire } from 'node:module';
  import { startTelemetry, tracer } from '@parley/runtime';
  for (const name of ${JSON.stringify(packages)}) await import(name);
  const telemetry = await startTelemetry({ service: 'chat', instanceId: 'a1', sampleRatio: 1, environment: process.env });
  const files = Object.keys(createRequire(import.meta.url).cache);
  const loaded = files.filter((file) => /@opentelemetry.(sdk|exporter|otlp|resources)|@grpc/.test(file));
  console.log(JSON.stringify({ files: files.length, loaded, traceId: tracer().startSpan('a').spanContext().traceId }));
  await telemetry.shutdown();
`;

const run = (env: NodeJS.ProcessEnv): { files: number; loaded: string[]; traceId: string } => {
  const options = { cwd: root, env: { PATH: process.env['PATH'], ...env }, encoding: 'utf8' } as const;
  const out = execFileSync(process.execPath, ['--input-type=module', '--eval', script], options);
  return JSON.parse(out) as ReturnType<typeof run>;
};

test.each([{}, { OTEL_SDK_DISABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }])(
  'no SDK is loaded with %o, and there are trace ids all the same',
  (env) => {
    const { loaded, traceId } = run(env);
    expect(loaded).toEqual([]);
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
  },
);

test('it is where spans are exported', () => {
  expect(run({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }).loaded).not.toEqual([]);
});
