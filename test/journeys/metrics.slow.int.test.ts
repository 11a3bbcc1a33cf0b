import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { type Stack, startStack } from '@parley/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const dashboards = new URL('deploy/observability/grafana/dashboards/', root);

let stack: Stack;
/** What the five processes export, as one text. */
let exported = '';
const names = (text: string, pattern: RegExp): Set<string> =>
  new Set([...text.matchAll(pattern)].map(([, name = '']) => name));

beforeAll(async () => {
  stack = await startStack();
  const texts = [...stack.processes.values()].map(async ({ healthUrl }) =>
    (await fetch(`${healthUrl}/metrics`)).text(),
  );
  exported = (await Promise.all(texts)).join('\n');
});
afterAll(() => stack.stop());

const types = (): Set<string> => names(exported, /^# TYPE (\w+) /gm);

test('docs/metrics.md and what a running stack exports name the same metrics', () => {
  const ours = [...types()].filter((name) => name.startsWith('parley_'));
  const documented = names(read('docs/metrics.md'), /^\| `(parley_\w+)`/gm);
  expect([...documented].sort()).toEqual(ours.sort());
});

test('their types and labels are as documented', () => {
  const rows = [...read('docs/metrics.md').matchAll(/^\| `(parley_\w+)`\s*\| (\w+)\s*\| ([\w, ]*)\|/gm)];
  expect(rows.length).toBeGreaterThan(50);
  for (const [, name = '', type, labels = ''] of rows) {
    expect(exported, name).toContain(`# TYPE ${name} ${type}\n`);
    const series = [...exported.matchAll(new RegExp(`^${name}(?:_bucket|_sum|_count)?\\{([^}]*)\\}`, 'gm'))];
    const own = new Set(series.flatMap(([, text = '']) => [...names(text, /(?<![\w])(\w+)="/g)]));
    for (const label of ['service', 'le']) own.delete(label);
    // What did not happen yet has no series to look at.
    if (own.size > 0) expect([...own].sort(), name).toEqual(labels.trim().split(', ').sort());
  }
});

test('what counts up is a counter, and says so in its name', () => {
  const wrong = [...exported.matchAll(/^# TYPE (parley_\w+) (\w+)/gm)].filter(
    ([, name = '', type]) => (type === 'counter') !== name.endsWith('_total'),
  );
  expect(wrong).toEqual([]);
});

test('every metric that a dashboard or an alert asks for is exported', () => {
  const asked = [read('deploy/observability/prometheus/alerts.yml')];
  for (const file of readdirSync(dashboards)) {
    const { panels } = JSON.parse(readFileSync(new URL(file, dashboards), 'utf8')) as {
      panels: { targets: { expr: string }[] }[];
    };
    asked.push(...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)));
  }
  const wanted = names(asked.join('\n'), /\b((?:parley|process|nodejs)_\w+)\b(?!-)/g);
  expect(wanted.size).toBeGreaterThan(40);
  const known = types();
  const unknown = [...wanted].filter(
    (name) => !known.has(name) && !known.has(name.replace(/_(bucket|sum|count)$/, '')),
  );
  expect(unknown).toEqual([]);
});

test('the dashboards are what npm run dashboards writes', () => {
  expect(() =>
    execFileSync(process.execPath, ['scripts/dist/dashboards.js', '--check'], { cwd: root, stdio: 'pipe' }),
  ).not.toThrow();
});

test('every alert says how bad it is, what is wrong and where the runbook has an entry for it', () => {
  const alerts = read('deploy/observability/prometheus/alerts.yml')
    .split(/^ +- alert: /m)
    .slice(1);
  expect(alerts.length).toBeGreaterThan(15);
  const anchors = names(read('docs/operations.md'), /^### (.+)$/gm);
  const entries = new Set(
    [...anchors].map((title) =>
      title
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    ),
  );
  for (const alert of alerts) {
    const name = alert.split('\n', 1)[0];
    expect(alert, name).toMatch(/for: \d+[mh]\n/);
    expect(alert, name).toMatch(/severity: (critical|warning)/);
    expect(alert, name).toMatch(/summary: \S/);
    const anchor = /runbook_url: docs\/operations\.md#(\S+)/.exec(alert)?.[1];
    expect(entries, name).toContain(anchor);
    expect(read('docs/operations.md'), name).toContain(`\`${name}\``);
  }
});
