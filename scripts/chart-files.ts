// The files that are made from the charts and the code: the schema of each chart's values, and the manifests.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { format } from 'prettier';
import { ServiceVariables } from '@parley/process';
import { renamedVariables } from '@parley/runtime';
import type { StackService } from '@parley/testing';
import type { z } from 'zod';
import { kubernetesVersions } from './chart-kubernetes.js';
import { type ChartedService, schemasOf } from './chart-schemas.js';
import { run } from './chart-tools.js';
import { root } from './repository.js';
import { configs, services } from './services.js';

/** Texts by their path in the repository. */
export type Files = ReadonlyMap<string, string>;

/** What a chart sets itself: where it mounts the certificates of a store. */
const ofTls = /^PARLEY_[A-Z]+_(CA|CERT|KEY)_FILE$/;
const setByCharts = ['HOST', 'PORT', 'PARLEY_DRAIN_MS', 'REDIS_URL', 'PARLEY_SECRET', 'PARLEY_SWIFTY_ENROLMENT_SECRET'];

/** The variables that a chart may be given, sorted: what the service reads, without secrets and without what the chart sets itself. */
const variablesOf = async (service: StackService): Promise<ReadonlyMap<string, z.ZodType>> => {
  const config = await configs[service]();
  const read = Object.entries<z.ZodType>(config.in.shape);
  const own = new Map(read.filter(([name]) => !setByCharts.includes(name) && !ofTls.test(name)));
  const { PARLEY_STARTUP_WAIT_MS, PARLEY_DATABASE_CONNECTIONS } = ServiceVariables.shape;
  const former = Object.entries(renamedVariables).flatMap(([name, current]) => {
    const variable = own.get(current);
    return variable ? [[name, variable] as const] : [];
  });
  const all: (readonly [string, z.ZodType])[] = [
    ...own,
    ...former,
    ['PARLEY_STARTUP_WAIT_MS', PARLEY_STARTUP_WAIT_MS],
    ...(service === 'gateway' ? [] : [['PARLEY_DATABASE_CONNECTIONS', PARLEY_DATABASE_CONNECTIONS] as const]),
  ];
  return new Map(all.toSorted(([a], [b]) => (a < b ? -1 : 1)));
};

export const schemaFiles = async (): Promise<Files> => {
  const described: Record<string, ChartedService> = {};
  for (const name of services) described[name] = { variables: await variablesOf(name), http: name === 'gateway' };
  const files = new Map<string, string>();
  for (const [chart, schema] of Object.entries(schemasOf(described)))
    files.set(
      `k8s/charts/${chart}/values.schema.json`,
      await format(JSON.stringify(schema), { parser: 'json', printWidth: 120 }),
    );
  return files;
};

export interface PackedCharts {
  readonly folder: string;
  remove(): void;
}

/** A copy of the charts with what they depend on inside, so that the checkout stays as it is. */
export const packedCharts = (helm: string): PackedCharts => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-charts-'));
  cpSync(join(root, 'k8s/charts'), folder, { recursive: true });
  for (const chart of [...services, 'platform'])
    run(helm, ['dependency', 'update', '--skip-refresh', join(folder, chart)]);
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
};

const newest = kubernetesVersions.at(-1) ?? '';

interface Rendering {
  readonly values?: readonly string[];
  readonly set?: readonly string[];
  readonly version?: string;
}

export const render = (helm: string, chart: string, { values = [], set = [], version = newest }: Rendering): string => {
  const settings = [...values.flatMap((file) => ['--values', file]), ...set.flatMap((each) => ['--set', each])];
  const others = ['monitoring.coreos.com/v1', 'keda.sh/v1alpha1'];
  const cluster = ['--kube-version', version, ...others.flatMap((api) => ['--api-versions', api])];
  return run(helm, ['template', 'parley', chart, '--namespace', 'parley', ...cluster, ...settings]);
};

const head = (chart: string): string =>
  `# Made from k8s/charts by \`npm run charts -- write\`; do not edit. k8s/README.md says how it is used.\n# ${chart}\n`;

/** For people without Helm: one file for each part. The Secret is theirs to make, so that no secret is ever written down. */
export const manifestFiles = (helm: string, folder: string): Files => {
  const all = render(helm, join(folder, 'platform'), { set: ['secret.create=false'] });
  const parts = new Map<string, string[]>();
  for (const document of all.split(/^---\n/m)) {
    const source = /^# Source: platform\/(?:charts\/([a-z]+)\/)?templates\/([a-z]+)/m.exec(document);
    const part = source?.[1] ?? source?.[2];
    // What Helm runs at certain moments has no place in a folder that is applied as a whole.
    if (part === undefined || /helm\.sh\/hook/.test(document)) continue;
    const text = document
      .replace(/^# Source: .*\n/m, '')
      .replaceAll(/^ *(app\.kubernetes\.io\/managed-by|helm\.sh\/chart): .*\n/gm, '');
    parts.set(part, [...(parts.get(part) ?? []), text.trim()]);
  }
  return new Map(
    [...parts].map(([part, texts]) => [
      `k8s/manifests/${part}.yaml`,
      `${head(part)}${texts.map((text) => `---\n${text}\n`).join('')}`,
    ]),
  );
};

export const write = (files: Files): void => {
  for (const [path, text] of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    console.log(`  wrote ${path}`);
  }
};

export const stale = (files: Files): string[] =>
  [...files]
    .filter(([path, text]) => !existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== text)
    .map(([path]) => path);
