// npm run release: raises the version of every package and chart as the changesets say, and moves their text into CHANGELOG.md.
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import readChangesets from '@changesets/read';
import { type Changeset, changeTypes, withSection } from './changelog.js';
import { end, readCommandLine } from './command-line.js';
import { root } from './repository.js';

readCommandLine({
  command: 'npm run release --',
  about:
    'Takes the changesets below .changeset into the versions of packages and charts and into CHANGELOG.md. Commits nothing.',
});

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const write = (path: string, text: string): void => writeFileSync(join(root, path), text);
const versionOf = (path: string): string => (JSON.parse(read(path)) as { version: string }).version;
const run = (command: string, ...args: string[]): Buffer =>
  execFileSync(command, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });

/** The largest of what a changeset asks for. */
const typeOf = (releases: readonly { readonly type: string }[]): Changeset['type'] =>
  changeTypes.find((type) => releases.some((release) => release.type === type)) ?? 'patch';

const changesets = await readChangesets(root);
if (changesets.length === 0) end(1, 'There is no changeset below .changeset: nothing is to be released.');

// They are gone afterwards.
run('npm', 'run', '--silent', 'changeset', 'version');
const version = versionOf('libs/client/package.json');

// The root is no workspace, so changesets leave it as it is.
write(
  'package.json',
  read('package.json').replace(`"version": "${versionOf('package.json')}"`, `"version": "${version}"`),
);
run('npm', 'install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund');

for (const chart of readdirSync(join(root, 'k8s/charts'))) {
  const file = `k8s/charts/${chart}/Chart.yaml`;
  // Charts that a chart depends on are indented; those of others would be quoted.
  const text = read(file).replaceAll(/^( *(?:version|appVersion): )\d+\.\d+\.\d+$/gm, `$1${version}`);
  // What Artifact Hub shows; images of stores have versions of their own.
  write(file, text.replaceAll(/^( *image: parley\/[a-z]+:)\d+\.\d+\.\d+$/gm, `$1${version}`));
}

const summaries = changesets.map(({ releases, summary }) => ({ type: typeOf(releases), summary }));
write('CHANGELOG.md', withSection(read('CHANGELOG.md'), version, summaries));
console.log(`Everything has version ${version}. Next: edit its section of CHANGELOG.md, then npm run charts -- write.`);
