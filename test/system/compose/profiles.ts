// The profiles `tls` and `observability`, from outside: what a browser, an SDK client and an operator see.
import { readFileSync, readdirSync } from 'node:fs';
import { request as plainRequest } from 'node:http';
import { type RequestOptions, request as tlsRequest } from 'node:https';
import { join } from 'node:path';
import { freePort } from '@parley/testing';
import { parse } from 'yaml';
import { root } from '../../root.js';
import { check, checkNone, figure } from '../proof/figures.js';
import { tryBrowser, trySdk } from './https-clients.js';
import { docker, inspectContainers } from './engine.js';
import { type Project, until } from './project.js';
import { serviceOf } from './hardening.js';

/** Settings with which the profiles can be looked at: free ports, all requests in the proxy's log, and traces. */
export const settingsOfProfiles = async (importFolder: string): Promise<Record<string, string>> => {
  const ports: Record<string, string> = {};
  for (const name of ['HTTPS_PORT', 'HTTP_PORT', 'JAEGER_PORT', 'PROMETHEUS_PORT', 'GRAFANA_PORT'])
    ports[name] = String(await freePort());
  return {
    ...ports,
    PARLEY_V1_REALMS: 'mesh',
    PARLEY_PROXY_LOG_LEVEL: 'info',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://jaeger:4318',
    PARLEY_TRACE_RATIO: '0.05',
    PARLEY_IMPORT_FOLDER: importFolder,
  };
};

interface Seen {
  readonly status: number | undefined;
  readonly location: string | undefined;
  readonly body: string;
}

const get = (url: string, options: RequestOptions = {}): Promise<Seen> =>
  new Promise((resolve, reject) => {
    const send = url.startsWith('https') ? tlsRequest : plainRequest;
    const outgoing = send(url, { agent: false, ...options }, (answer) => {
      let body = '';
      answer.on('data', (data: Buffer) => (body += data.toString()));
      answer.on('end', () => resolve({ status: answer.statusCode, location: answer.headers.location, body }));
    });
    outgoing.on('error', reject).end();
  });

const first = async (stack: Project, service: string): Promise<string> => (await stack.containers(service))[0] ?? '';

const tryTls = async (stack: Project, screenshots: string | undefined): Promise<void> => {
  const { HTTPS_PORT = '', HTTP_PORT = '' } = stack.environment;
  const url = `https://localhost:${HTTPS_PORT}`;
  // As docs/operations.md prints it.
  const file = '/var/lib/parley/caddy/pki/authorities/local/root.crt';
  const ca = await docker(['exec', await first(stack, 'caddy'), 'cat', file]);
  const claimed = '198.51.100.77';
  const answer = await get(`${url}/v1/me`, { ca, headers: { 'x-forwarded-for': claimed } });
  check(`${url} answers with a certificate of the local authority (${answer.status})`, answer.status === 401);
  const refused = await get(url).then(
    () => 'accepted',
    (error: NodeJS.ErrnoException) => error.code,
  );
  check(`which is refused without its authority (${refused})`, refused !== 'accepted');
  const redirected = await get(`http://localhost:${HTTP_PORT}/app/`);
  check(
    `http leads there (${redirected.status})`,
    redirected.status === 308 && /^https:/.test(redirected.location ?? ''),
  );
  const logged = async () => (await stack.compose(['logs', '--no-color', 'proxy'])).output;
  check('the proxy logs the request', await until(async () => (await logged()).includes('GET /v1/me'), 10_000));
  check('with the address from which it came, whatever it claims', !(await logged()).includes(claimed));
  await trySdk(url, ca);
  await tryBrowser(url, ca, screenshots);
};

interface Targets {
  readonly data: {
    readonly activeTargets: readonly {
      readonly health: string;
      readonly lastError: string;
      readonly labels: Readonly<Record<string, string>>;
    }[];
  };
}
interface Rules {
  readonly data: {
    readonly groups: readonly { readonly rules: readonly { readonly name: string; readonly health: string }[] }[];
  };
}
interface Queried {
  readonly status: string;
  readonly error?: string;
  readonly data?: { readonly result: readonly unknown[] };
}
interface Panels {
  readonly panels: readonly { readonly targets?: readonly { readonly expr: string }[] }[];
}

const json = async <T>(url: string): Promise<T> => JSON.parse((await get(url)).body) as T;

const tryPrometheus = async (stack: Project): Promise<void> => {
  const url = `http://127.0.0.1:${stack.environment['PROMETHEUS_PORT']}/api/v1`;
  const services = ['auth', 'topics', 'chat', 'signaling', 'gateway'];
  const running = await inspectContainers(await stack.containers());
  const replicas = running.filter((each) => each.State.Running && services.includes(serviceOf(each))).length;
  const targets = async () => (await json<Targets>(`${url}/targets`)).data.activeTargets;
  const allUp = async () => {
    const all = await targets();
    return all.length === replicas && all.every(({ health }) => health === 'up');
  };
  check(`Prometheus scrapes each of ${replicas} replicas`, await until(allUp, 60_000));
  checkNone(
    'no target is down',
    (await targets()).filter(({ health }) => health !== 'up').map(({ lastError }) => lastError),
  );
  const alerts = readFileSync(join(root, 'deploy/observability/prometheus/alerts.yml'), 'utf8');
  const wanted = (parse(alerts) as { groups: { rules: unknown[] }[] }).groups.flatMap(({ rules }) => rules).length;
  const rules = async () => (await json<Rules>(`${url}/rules`)).data.groups.flatMap((group) => group.rules);
  const evaluated = async () => (await rules()).every(({ health }) => health === 'ok');
  check(`and evaluates ${wanted} alerts`, (await until(evaluated, 60_000)) && (await rules()).length === wanted);
  await tryDashboards(url);
};

/** Grafana asks Prometheus what the panels say, with its own variables filled in. */
const tryDashboards = async (url: string): Promise<void> => {
  const folder = join(root, 'deploy/observability/grafana/dashboards');
  const queries = readdirSync(folder).flatMap((name) =>
    (JSON.parse(readFileSync(join(folder, name), 'utf8')) as Panels).panels.flatMap(({ targets = [] }) =>
      targets.map(({ expr }) => expr.replaceAll('$__rate_interval', '1m').replaceAll('$__interval', '10s')),
    ),
  );
  const answers = await Promise.all(
    queries.map(async (expr) => ({ expr, ...(await json<Queried>(`${url}/query?query=${encodeURIComponent(expr)}`)) })),
  );
  checkNone(
    `Prometheus understands ${queries.length} queries of the dashboards`,
    answers.filter(({ status }) => status !== 'success').map(({ expr, error }) => `${expr}: ${error}`),
  );
  figure('… of which have data', answers.filter(({ data }) => (data?.result.length ?? 0) > 0).length);
};

const tryJaeger = async (stack: Project): Promise<void> => {
  const url = `http://127.0.0.1:${stack.environment['JAEGER_PORT']}/api/services`;
  const services = async () => (await json<{ data: readonly string[] | null }>(url)).data ?? [];
  const wanted = ['parley-gateway', 'parley-chat'];
  const asks = async () => {
    await get(`${stack.url}/v1/channels`);
    const found = await services();
    return wanted.some((name) => found.includes(name));
  };
  check(`Jaeger has traces of ${(await services()).join()}`, await until(asks, 60_000));
};

const tryGrafana = async (stack: Project): Promise<void> => {
  const url = `http://127.0.0.1:${stack.environment['GRAFANA_PORT']}/api`;
  const found = await json<readonly { readonly title: string }[]>(`${url}/search?type=dash-db`);
  check(`Grafana has the dashboards ${found.map(({ title }) => title).join()}`, found.length === 6);
};

/** Only what has an image; the proof says at its start what is left out. */
export const tryProfiles = async (stack: Project, screenshots: string | undefined): Promise<void> => {
  const isHere = (service: string): boolean => stack.additions.includes(service);
  if (isHere('caddy')) await tryTls(stack, screenshots);
  if (isHere('prometheus')) await tryPrometheus(stack);
  if (isHere('jaeger')) await tryJaeger(stack);
  if (isHere('grafana')) await tryGrafana(stack);
};
