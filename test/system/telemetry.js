// What an operator reads is there: a real Prometheus scrapes every process of a stack that is used by clients of all wires and goes
// through a short outage. Every query of the dashboards and every part of the alerts finds series, the alerts' own tests pass, and
// one message is seen whole as a trace that its client began.
import { randomBytes } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { collectedSpans, eventually, startCollector, startStack } from '@parley/testing';
import { afterwards, prove } from './proof/cleanup.js';
import { check, figure, finish } from './proof/figures.js';
import { clients, isServed } from './fuzz/clients.js';
import { checkRules, startPrometheus, whyNoPrometheus } from './telemetry/prometheus.js';
import { rawUser } from './delivery/raw-v1.js';
import { readOptions } from './proof/options.js';

readOptions();

const dashboards = new URL('../../deploy/observability/grafana/dashboards/', import.meta.url);

const missing = whyNoPrometheus();
if (missing !== undefined) {
  console.error(`  ${missing}`);
  process.exit(1);
}

const signIn = (url, login, password) =>
  fetch(`${url}/v1/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ login, password }),
  });

/** Clients of every wire, one after the other, until told to stop; failures are what an outage brings. */
const useAll = (urls) => {
  let stopped = false;
  let served = 0;
  const run = async () => {
    for (let turn = 0; !stopped; turn += 1) {
      for (const client of Object.values(clients)) {
        if (stopped) break;
        await isServed(urls[turn % urls.length], client).then(
          () => (served += 1),
          () => sleep(200),
        );
      }
      await signIn(urls[0], 'nobody', 'not the password').catch(() => undefined);
    }
  };
  const running = run();
  return async () => {
    stopped = true;
    await running;
    return served;
  };
};

/** Chat is away, then PostgreSQL: what is asked meanwhile fails, and is counted. */
const shortOutage = async (stack, user, channelId) => {
  const ask = () => user.rest('POST', `/channels/${channelId}/messages`, message('during the outage'));
  const chat = stack.processes.get('chat-1');
  await chat.kill('SIGKILL');
  for (let n = 0; n < 3; n += 1) await ask().catch(() => undefined);
  await chat.start();
  await stack.postgres.kill('SIGKILL');
  for (let n = 0; n < 3; n += 1) {
    await ask().catch(() => undefined);
    await signIn(stack.urls[0], 'somebody', 'a password').catch(() => undefined);
  }
  await stack.postgres.start();
  await eventually(async () => (await ask()) !== undefined, { withinMs: 20_000 });
};

const message = (text) => ({ clientId: randomBytes(8).toString('hex'), content: { type: 'text', text } });

const dashboardQueries = () =>
  readdirSync(dashboards).flatMap((file) => {
    const { panels } = JSON.parse(readFileSync(new URL(file, dashboards), 'utf8'));
    return panels.flatMap(({ title, targets }) =>
      targets.map(({ expr }) => ({ from: `${file} "${title}"`, query: expr.replaceAll('$__rate_interval', '10s') })),
    );
  });

/** What an alert looks at, without what it is compared with: that has series whether or not anything is wrong. */
const alertQueries = (groups) =>
  groups
    .flatMap(({ rules }) => rules)
    .map(({ name, query }) => ({
      from: name,
      // Longer ranges would do as well, but for the time that this takes.
      query: query.replaceAll(/ ?(?:>|==) ?[\d.e+]+/g, '').replaceAll(/\[\d+[mh]\]/g, '[10s]'),
    }))
    // It looks for what is not there.
    .filter(({ query }) => !query.startsWith('absent('));

const askAll = async (prometheus, queries, what) => {
  const broken = [];
  const empty = [];
  for (const { from, query } of queries) {
    try {
      if ((await prometheus.seriesOf(query)) === 0) empty.push(`${from}: ${query}`);
    } catch (error) {
      broken.push(`${from}: ${error.message}`);
    }
  }
  figure(`queries of ${what}`, queries.length);
  check(`every query of ${what} is answered`, broken.length === 0);
  check(`every query of ${what} finds series`, empty.length === 0);
  for (const line of [...broken, ...empty]) console.log(`       ${line}`);
};

/** From the frame that began it to the statement, over processes. */
const oneTrace = async (collector, user, channelId) => {
  const [trace, spanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')];
  const id = 'the traced one';
  const frame = { jsonrpc: '2.0', id, method: 'message.send', params: { channelId, ...message('seen whole') } };
  user.socket.send({ ...frame, traceparent: `00-${trace}-${spanId}-01` });
  await user.socket.waitFor((answer) => answer.id === id && answer.result !== undefined);
  const road = [
    ['socket v1 message.send', 'gateway'],
    ['call chat.message.send', 'gateway'],
    ['serve chat.message.send', 'chat'],
  ];
  const seen = async () => {
    const spans = await collectedSpans(collector.url, { trace });
    const whole = road.map(([name, service]) => spans.find((span) => span.name === name && span.service === service));
    const told = spans.some(({ name }) => name === 'tell message.created');
    const stored = spans.some(({ name }) => name === 'sql append_messages' || name === 'message.commit');
    if (whole.includes(undefined) || !told || !stored) return null;
    return { spans, whole };
  };
  let found = null;
  await eventually(async () => (found = await seen()) !== null, { withinMs: 10_000 }).catch(() => undefined);
  check('one message is a trace from the frame to the statement', found !== null);
  if (!found) return;
  figure('spans of that message', found.spans.length);
  console.log(`  ${found.spans.map(({ service, name }) => `${service}: ${name}`).join(' · ')}`);
  const parents = [spanId, ...found.whole.map((span) => span.spanId)];
  check(
    'it continues the trace that the client began, each span below its cause',
    found.whole.every((span, index) => span.parentSpanId === parents[index]),
  );
  const text = JSON.stringify(found.spans);
  check('no span holds the text or the token', !text.includes('seen whole') && !text.includes(user.token));
};

await prove(
  async () => {
    for (const { what, holds, said } of checkRules()) {
      check(what, holds);
      if (!holds) console.log(said);
    }
    const collector = await startCollector();
    afterwards(() => collector.stop());
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '200' };
    const stack = await startStack({ scale: { gateway: 2, chat: 1 }, environment });
    afterwards(() => stack.stop());
    const prometheus = await startPrometheus(stack.processes);
    const [url] = stack.urls;
    const user = await rawUser(url, 'watched');
    const { id: channelId } = await user.rest('POST', '/channels', { kind: 'room', title: 'Watched' });
    await user.call('channel.attach', { channelId });

    const stopUsing = useAll(stack.urls);
    await sleep(15_000);
    await oneTrace(collector, user, channelId);
    await shortOutage(stack, user, channelId);
    await sleep(10_000);
    figure('clients served, over all wires', await stopUsing());
    const { groups } = await prometheus.ask('rules');
    const rules = groups.flatMap((group) => group.rules);
    figure('alert rules', rules.length);
    check(
      'every rule was evaluated without an error',
      rules.length > 0 && rules.every(({ health, lastError }) => health === 'ok' && !lastError),
    );
    await askAll(prometheus, dashboardQueries(), 'the dashboards');
    await askAll(prometheus, alertQueries(groups), 'the alerts');
  },
  { withinMs: 280_000 },
);
finish();
