// A real upgrade: the version before is installed with its own charts and images, upgraded to this one across the migrations between them,
// and rolled back on the new schema, under traffic.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stackServices } from '@parley/testing';
import { root } from '../../root.js';
import { afterwards } from '../proof/cleanup.js';
import { check, figure } from '../proof/figures.js';
import { list, shell } from './cluster.js';
import {
  checkRestarts,
  imageOf,
  install,
  packCharts,
  registry,
  release,
  rollback,
  settingsOf,
  settled,
  smallRequests,
  upgradeWith,
  version,
} from './release.js';
import { startTraffic, type TrafficOptions, under, verifyTraffic } from './traffic.js';

const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8', cwd: root }).trim();

/** The tag of its images: both versions may have the same number. */
const tag = 'before';

/** The release before this one; null when the repository has no tag. */
const lastRelease = (): string | null => {
  const [newest = ''] = git('tag', '--list', 'v*', '--merged', 'HEAD~1', '--sort=-version:refname').split('\n');
  return newest === '' ? null : newest;
};

const checkOut = (commit: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-version-before-'));
  afterwards(() => rmSync(folder, { recursive: true, force: true }));
  git('clone', '--quiet', '--no-checkout', '.', folder);
  execFileSync('git', ['checkout', '--quiet', commit], { cwd: folder });
  return folder;
};

const imagesIn = (folder: string): Promise<string> =>
  shell(
    stackServices
      .flatMap((service) => {
        const image = `${registry}/parley/${service}:${tag}`;
        return [
          `command docker build --quiet --build-arg SERVICE=${service} --tag ${image} ${folder}`,
          `docker push ${image}`,
        ];
      })
      .join('\n'),
  );

const migrationsIn = async (): Promise<string[]> => {
  interface Job {
    readonly metadata: { readonly name: string };
    readonly status: { readonly succeeded?: number };
  }
  const jobs = await list<Job>('jobs', 'app.kubernetes.io/part-of=parley');
  return jobs.filter(({ status }) => (status.succeeded ?? 0) > 0).map(({ metadata }) => metadata.name);
};

const tagged = (name: string): string[] => settingsOf(stackServices.map((service) => `${service}.image.tag=${name}`));

/** All five services run an image with this tag. */
const allRun = async (name: string): Promise<boolean> =>
  (await Promise.all(stackServices.map(imageOf))).every((image) => image.endsWith(`:${name}`));

export interface VersionBeforeOptions extends TrafficOptions {
  /** The version before: a commit or a tag. Default: the last release. */
  readonly before: string | undefined;
  /** Whether its images are built; else they are in the cluster with the tag `before`. */
  readonly build: boolean;
}

export const upgradeFromVersionBefore = async ({ before, build, ...traffic }: VersionBeforeOptions): Promise<void> => {
  const commit = before ?? lastRelease();
  if (commit === null)
    return console.log('  no release has a tag here; --before names the commit of the version before');
  figure('the version before', git('log', '-1', '--format=%h %s', commit));
  const migrations = git('diff', '--name-only', commit, 'HEAD', '--', 'services/*/migrations/0*.ts');
  figure('migrations since', migrations.split('\n').filter(Boolean).length);
  const folder = checkOut(commit);
  if (build) await imagesIn(folder);
  await packCharts(folder);
  await install(release, `${folder}/k8s/charts/platform`, [...tagged(tag), ...settingsOf(smallRequests)]);
  const load = await startTraffic(traffic);
  await under(load, 'upgraded to this version', upgradeAcross);
  check('all five run this version', (await allRun(version)) && (await settled()));
  check('every service has migrated', (await migrationsIn()).length === stackServices.length - 1);
  await under(load, 'rolled back to the version before', rollback);
  check('all five run the version before, on the new schema', (await allRun(tag)) && (await settled()));
  await checkRestarts('after the way back');
  await under(load, 'upgraded again', upgradeAcross);
  check('all five run this version again', (await allRun(version)) && (await settled()));
  await verifyTraffic(load);
};

/** As docs/operations.md prints it: what was set stays, and what this chart sets by default is new. */
const upgradeAcross = (): Promise<string> => upgradeWith(['--reset-then-reuse-values', ...tagged('')]);
