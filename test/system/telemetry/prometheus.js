// A real Prometheus that scrapes the processes of a stack, with the repository's alert rules loaded.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@parley/testing';
import { afterwards } from '../proof/cleanup.js';
import { freePort } from '../proof/ports.js';

const rules = new URL('../../../deploy/observability/prometheus/alerts.yml', import.meta.url).pathname;
const ruleTests = new URL('../../../deploy/observability/prometheus/alerts.test.yml', import.meta.url).pathname;

/** One line that says what to install; undefined when it is there. */
export const whyNoPrometheus = () => {
  const missing = ['prometheus', 'promtool'].filter((name) => spawnSync(name, ['--version']).error !== undefined);
  if (missing.length === 0) return undefined;
  return `no ${missing.join(' and ')} on the PATH; Debian: apt-get install --no-install-recommends prometheus`;
};

/** What `promtool` says of the rules and of their tests. */
export const checkRules = () =>
  [
    ['check', 'rules', rules],
    ['test', 'rules', ruleTests],
  ].map((words) => {
    const { status, stdout, stderr } = spawnSync('promtool', words, { encoding: 'utf8' });
    return { what: `promtool ${words[0]} rules`, holds: status === 0, said: `${stdout}${stderr}` };
  });

/** @param {Map<string, { healthUrl: string }>} processes by the name that becomes their `instance` */
export const startPrometheus = async (processes) => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-prometheus-'));
  const targets = [...processes].map(([instance, { healthUrl }]) => ({
    targets: [new URL(healthUrl).host],
    labels: { instance },
  }));
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '2s' },
    rule_files: [rules],
    scrape_configs: [{ job_name: 'parley', static_configs: targets }],
  };
  const configFile = join(folder, 'prometheus.yml');
  // JSON is YAML.
  writeFileSync(configFile, JSON.stringify(config));
  const port = await freePort();
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
  const ask = async (path, query = {}) => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/${path}?${new URLSearchParams(query)}`);
    const { status, data, error } = await answer.json();
    if (status !== 'success') throw new Error(error ?? `status ${answer.status}`);
    return data;
  };
  await eventually(async () => (await ask('targets')).activeTargets.every(({ health }) => health === 'up'), {
    withinMs: 60_000,
  });
  const began = Date.now() / 1_000;
  return {
    ask,
    /** How many series the query had at any moment since the start. */
    seriesOf: async (query) => {
      const range = { query, start: began, end: Date.now() / 1_000, step: 2 };
      return (await ask('query_range', range)).result.length;
    },
  };
};
