// One version for everything that a release publishes.
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { sectionOf, versionsIn, withSection } from '../scripts/changelog.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

interface Package {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}
interface Chart {
  readonly version: string;
  readonly appVersion?: string;
  readonly dependencies?: readonly { readonly version: string; readonly repository: string }[];
}
const packageAt = (folder: string): Package => JSON.parse(read(join(folder, 'package.json'))) as Package;
const { version } = packageAt('.');

const packages = [
  'bench',
  'importer',
  ...['libs', 'services'].flatMap((part) => readdirSync(join(root, part)).map((name) => `${part}/${name}`)),
];
const charts = readdirSync(join(root, 'k8s/charts')).map((name) => `k8s/charts/${name}`);

test.each(packages)('%s has the version of Parley and depends on packages of that version', (folder) => {
  const { version: own, dependencies = {} } = packageAt(folder);
  const siblings = Object.entries(dependencies).filter(([name]) => name.startsWith('@parley/'));
  expect([own, ...siblings.map(([, range]) => range)]).toEqual(Array(siblings.length + 1).fill(version));
});

test.each(charts)('%s has the version of Parley and installs images and charts of that version', (folder) => {
  const chart = parse(read(join(folder, 'Chart.yaml'))) as Chart;
  const siblings = (chart.dependencies ?? []).filter(({ repository }) => repository.startsWith('file:'));
  const versions = [chart.version, chart.appVersion ?? version, ...siblings.map((sibling) => sibling.version)];
  expect(versions).toEqual(Array(versions.length).fill(version));
});

test('the newest section of the changelog is that of this version, and has notes', () => {
  const changelog = read('CHANGELOG.md');
  expect(versionsIn(changelog)[0]).toBe(version);
  expect(sectionOf(changelog, version)).toBeTruthy();
});

test('a release begins with the largest changes, before the sections of earlier ones', () => {
  const changelog = withSection('# Changelog\n\nAbout it.\n\n## 0.2.0\n\n- before\n', '0.3.0', [
    { type: 'patch', summary: 'a fix' },
    { type: 'minor', summary: 'a feature\nin two lines' },
  ]);
  expect(versionsIn(changelog)).toEqual(['0.3.0', '0.2.0']);
  expect(sectionOf(changelog, '0.3.0')).toBe('- a feature\n  in two lines\n- a fix');
  expect(sectionOf(changelog, '0.2.0')).toBe('- before');
  expect(sectionOf(changelog, '0.1.0')).toBeUndefined();
});
