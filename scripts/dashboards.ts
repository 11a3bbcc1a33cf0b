// npm run dashboards writes deploy/observability/grafana/dashboards/*.json from the panels of dashboard-panels.ts.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { readCommandLine } from './command-line.js';
import { type Dashboard, dashboards, type Panel } from './dashboard-panels.js';
import { root } from './repository.js';

const { values } = readCommandLine({
  command: 'npm run dashboards --',
  about: 'Writes the dashboards of deploy/observability/grafana.',
  options: { check: { type: 'boolean', help: 'only says whether the files are what would be written' } },
});

const datasource = { type: 'prometheus', uid: '${datasource}' };
const [width, height, columns] = [8, 8, 3];

const grafanaPanel = ({ title, unit, queries }: Panel, index: number) => ({
  id: index + 1,
  type: 'timeseries',
  title,
  datasource,
  gridPos: { x: (index % columns) * width, y: Math.floor(index / columns) * height, w: width, h: height },
  fieldConfig: { defaults: { unit, min: 0, custom: { fillOpacity: 5 } }, overrides: [] },
  options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
  targets: queries.map(([expr, legendFormat], at) => ({
    refId: String.fromCharCode(65 + at),
    datasource,
    expr,
    legendFormat,
  })),
});

const grafanaDashboard = (name: string, { title, panels }: Dashboard) => ({
  uid: `parley-${name}`,
  title,
  tags: ['parley'],
  timezone: 'browser',
  schemaVersion: 39,
  refresh: '30s',
  time: { from: 'now-1h', to: 'now' },
  templating: {
    list: [{ name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus', current: {}, hide: 0 }],
  },
  panels: panels.map(grafanaPanel),
});

const stale: string[] = [];
for (const [name, dashboard] of Object.entries(dashboards)) {
  const file = join(root, 'deploy/observability/grafana/dashboards', `${name}.json`);
  const json = JSON.stringify(grafanaDashboard(name, dashboard));
  const text = await format(json, { ...(await resolveConfig(file)), parser: 'json' });
  if (!values.check) writeFileSync(file, text);
  else if (readFileSync(file, 'utf8') !== text) stale.push(name);
}
if (stale.length > 0) {
  console.error(`not as npm run dashboards writes them: ${stale.join(', ')}`);
  process.exitCode = 1;
}
