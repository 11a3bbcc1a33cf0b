// A real Prometheus that scrapes the processes of a stack, with the repository's alert rules loaded.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, freePort, type Stack } from '@parley/testing';
import { root } from '../../root.js';
import { afterwards } from '../proof/cleanup.js';

const rules = join(root, 'deploy/observability/prometheus/alerts.yml');
const ruleTests = join(root, 'deploy/observability/prometheus/alerts.test.yml');

/** One line that says what to install; undefined when it is there. */
export const whyNoPrometheus = (): string | undefined => {
  const missing = ['prometheus', 'promtool'].filter((name) => spawnSync(name, ['--version']).error !== undefined);
  if (missing.length === 0) return undefined;
  return `no ${missing.join(' and ')} on the PATH; Debian: apt-get install --no-install-recommends prometheus`;
};

/** What `promtool` says of the rules and of their tests. */
export const checkRules = (): { what: string; holds: boolean; output: string }[] =>
  [
    ['check', 'rules', rules],
    ['test', 'rules', ruleTests],
  ].map((words) => {
    const { status, stdout, stderr } = spawnSync('promtool', words, { encoding: 'utf8' });
    return { what: `promtool ${words[0] ?? ''} rules`, holds: status === 0, output: `${stdout}${stderr}` };
  });

/** A rule as `/api/v1/rules` describes it. */
export interface Rule {
  readonly name: string;
  readonly query: string;
  readonly health: string;
  readonly lastError?: string;
}

interface Answers {
  readonly targets: { readonly activeTargets: readonly { readonly health: string }[] };
  readonly rules: { readonly groups: readonly { readonly rules: readonly Rule[] }[] };
  readonly query_range: { readonly result: readonly unknown[] };
}

export interface Prometheus {
  rules(): Promise<Rule[]>;
  /** How many series the query had at any moment since the start. */
  seriesOf(query: string): Promise<number>;
}

const startProcess = (folder: string, config: object, port: number): void => {
  const configFile = join(folder, 'prometheus.yml');
  // JSON is YAML.
  writeFileSync(configFile, JSON.stringify(config));
  const log = openSync(join(folder, 'log'), 'a');
  const words = [
    `--config.file=${configFile}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  const child = spawn('prometheus', words, { stdio: ['ignore', log, log] });
  afterwards(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    }
    rmSync(folder, { recursive: true, force: true });
  });
};

/** Scrapes these processes each second; their names become the label `instance`. */
export const startPrometheus = async (processes: Stack['processes']): Promise<Prometheus> => {
  const targets = [...processes].map(([instance, { healthUrl }]) => ({
    targets: [new URL(healthUrl).host],
    labels: { instance },
  }));
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '2s' },
    rule_files: [rules],
    scrape_configs: [{ job_name: 'parley', static_configs: targets }],
  };
  const port = await freePort();
  startProcess(mkdtempSync(join(tmpdir(), 'parley-prometheus-')), config, port);
  const ask = async <Path extends keyof Answers>(
    path: Path,
    query: Readonly<Record<string, string>> = {},
  ): Promise<Answers[Path]> => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/${path}?${new URLSearchParams(query).toString()}`);
    const { status, data, error } = (await answer.json()) as { status: string; data: Answers[Path]; error?: string };
    if (status !== 'success') throw new Error(error ?? `status ${answer.status}`);
    return data;
  };
  await eventually(async () => (await ask('targets')).activeTargets.every(({ health }) => health === 'up'), {
    withinMs: 60_000,
  });
  const began = Date.now() / 1_000;
  return {
    rules: async () => (await ask('rules')).groups.flatMap((group) => group.rules),
    seriesOf: async (query) => {
      const range = { query, start: String(began), end: String(Date.now() / 1_000), step: '2' };
      return (await ask('query_range', range)).result.length;
    },
  };
};
