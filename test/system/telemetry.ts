// What an operator reads is there: a real Prometheus scrapes every process of a stack that is used by clients of all wires and goes
// through a short outage. Every query of the dashboards and every part of the alerts finds series, the alerts' own tests pass, and
// one message is seen whole as a trace that its client began.
import { randomBytes } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { collectedSpans, type Collector, eventually, type Stack, startCollector, startStack } from '@parley/testing';
import { ask } from '../clients/http.js';
import { textContent, type V1Member, v1Member } from '../clients/v1.js';
import { root } from '../root.js';
import { clients, isServed } from './fuzz/clients.js';
import { afterwards, prove } from './proof/cleanup.js';
import { check, figure, finish } from './proof/figures.js';
import { readOptions } from './proof/options.js';
import { at } from './proof/random.js';
import { checkRules, type Prometheus, type Rule, startPrometheus, whyNoPrometheus } from './telemetry/prometheus.js';

readOptions({});

const dashboards = join(root, 'deploy/observability/grafana/dashboards');

const missing = whyNoPrometheus();
if (missing !== undefined) {
  console.error(`  ${missing}`);
  process.exit(1);
}

/** Any answer will do, and so does none. */
const signIn = async (url: string, login: string, password: string): Promise<void> => {
  await ask('POST', `${url}/v1/sessions`, { body: { login, password } }).catch(() => undefined);
};

/** Clients of every wire, one after the other, until it is stopped; failures are what an outage brings. */
const useAll = (urls: readonly string[]): (() => Promise<number>) => {
  let stopped = false;
  let served = 0;
  const run = async (): Promise<void> => {
    for (let turn = 0; !stopped; turn += 1) {
      for (const client of Object.values(clients)) {
        if (stopped) break;
        await isServed(at(urls, turn), client).then(
          () => (served += 1),
          () => sleep(200),
        );
      }
      await signIn(at(urls, 0), 'nobody', 'not the password');
    }
  };
  const running = run();
  return async () => {
    stopped = true;
    await running;
    return served;
  };
};

const messageOf = (text: string) => ({ clientId: randomBytes(8).toString('hex'), content: textContent(text) });

/** Chat stops, then PostgreSQL: requests fail meanwhile, and are counted. */
const shortOutage = async ({ processes, postgres, urls }: Stack, user: V1Member, channelId: string): Promise<void> => {
  const send = () => user.rest('POST', `/channels/${channelId}/messages`, messageOf('during the outage'));
  const chat = processes.get('chat-1');
  if (chat === undefined || postgres === null) throw new Error('The stack has a chat and a PostgreSQL of its own');
  await chat.kill('SIGKILL');
  for (let n = 0; n < 3; n += 1) await send().catch(() => undefined);
  await chat.start();
  await postgres.kill('SIGKILL');
  for (let n = 0; n < 3; n += 1) {
    await send().catch(() => undefined);
    await signIn(at(urls, 0), 'somebody', 'a password');
  }
  await postgres.start();
  await eventually(send, { withinMs: 20_000 });
};

interface Query {
  readonly from: string;
  readonly query: string;
}

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
}

const dashboardQueries = (): Query[] =>
  readdirSync(dashboards).flatMap((file) => {
    const { panels } = JSON.parse(readFileSync(join(dashboards, file), 'utf8')) as Dashboard;
    return panels.flatMap(({ title, targets }) =>
      targets.map(({ expr }) => ({ from: `${file} "${title}"`, query: expr.replaceAll('$__rate_interval', '10s') })),
    );
  });

/** What an alert looks at, without what it is compared with: that has series whether or not anything is wrong. */
const alertQueries = (rules: readonly Rule[]): Query[] =>
  rules
    .map(({ name, query }) => ({
      from: name,
      // Longer ranges would do as well, but for the time that this takes.
      query: query.replaceAll(/ ?(?:>|==) ?[\d.e+]+/g, '').replaceAll(/\[\d+[mh]\]/g, '[10s]'),
    }))
    // It looks for what is not there.
    .filter(({ query }) => !query.startsWith('absent('));

const tryQueries = async (prometheus: Prometheus, queries: readonly Query[], what: string): Promise<void> => {
  const broken: string[] = [];
  const empty: string[] = [];
  for (const { from, query } of queries) {
    try {
      if ((await prometheus.seriesOf(query)) === 0) empty.push(`${from}: ${query}`);
    } catch (error) {
      broken.push(`${from}: ${String(error)}`);
    }
  }
  figure(`queries of ${what}`, queries.length);
  check(`every query of ${what} is answered`, broken.length === 0);
  check(`every query of ${what} finds series`, empty.length === 0);
  for (const line of [...broken, ...empty]) console.log(`       ${line}`);
};

const expectedSpans = [
  ['socket v1 message.send', 'gateway'],
  ['call chat.message.send', 'gateway'],
  ['serve chat.message.send', 'chat'],
] as const;

/** From the frame that began it to the statement, over processes. */
const oneTrace = async (collector: Collector, user: V1Member, channelId: string): Promise<void> => {
  const [trace, spanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')];
  const id = 'the traced one';
  const frame = { jsonrpc: '2.0', id, method: 'message.send', params: { channelId, ...messageOf('seen whole') } };
  user.socket.send({ ...frame, traceparent: `00-${trace}-${spanId}-01` });
  await user.socket.waitFor((answer) => answer.id === id && answer.result !== undefined);
  const traced = async () => {
    const spans = await collectedSpans(collector.url, { trace });
    const path = expectedSpans.flatMap(
      ([name, service]) => spans.find((span) => span.name === name && span.service === service) ?? [],
    );
    const isPublished = spans.some(({ name }) => /^(publish|tell) message\.created$/.test(name));
    const isStored = spans.some(
      ({ name }) => name === 'sql append_new' || name === 'sql append_entries' || name === 'message.commit',
    );
    return path.length === expectedSpans.length && isPublished && isStored && { spans, path };
  };
  const found = await eventually(traced, { withinMs: 10_000 }).catch(() => false as const);
  check('one message is a trace from the frame to the statement', found !== false);
  if (found === false) return;
  figure('spans of that message', found.spans.length);
  console.log(`  ${found.spans.map(({ service, name }) => `${service}: ${name}`).join(' · ')}`);
  const parents = [spanId, ...found.path.map((span) => span.spanId)];
  check(
    'it continues the trace that the client began, each span below its cause',
    found.path.every((span, index) => span.parentSpanId === parents[index]),
  );
  const text = JSON.stringify(found.spans);
  check('no span holds the text or the token', !text.includes('seen whole') && !text.includes(user.token));
};

await prove(
  async () => {
    for (const { what, holds, output } of checkRules()) {
      check(what, holds);
      if (!holds) console.log(output);
    }
    const collector = await startCollector();
    afterwards(() => collector.stop());
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '200' };
    const stack = await startStack({ scale: { gateway: 2, chat: 1 }, environment });
    afterwards(() => stack.stop());
    const prometheus = await startPrometheus(stack.processes);
    const user = await v1Member(at(stack.urls, 0), 'watched');
    const room = { kind: 'room', title: 'Watched' };
    const { id: channelId }: { id: string } = await user.rest('POST', '/channels', room);
    await user.call('channel.attach', { channelId });

    const stopUsing = useAll(stack.urls);
    await sleep(15_000);
    await oneTrace(collector, user, channelId);
    await shortOutage(stack, user, channelId);
    await sleep(10_000);
    figure('clients served, over all wires', await stopUsing());
    const rules = await prometheus.rules();
    figure('alert rules', rules.length);
    check(
      'every rule was evaluated without an error',
      rules.length > 0 && rules.every(({ health, lastError }) => health === 'ok' && !lastError),
    );
    await tryQueries(prometheus, dashboardQueries(), 'the dashboards');
    await tryQueries(prometheus, alertQueries(rules), 'the alerts');
  },
  { withinMs: 280_000 },
);
finish();
