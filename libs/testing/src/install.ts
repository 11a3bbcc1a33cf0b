import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const policyFile = '/usr/sbin/policy-rc.d';
const clusterFile = '/etc/postgresql-common/createcluster.conf';

/** Whether packages can be installed here without a prompt. */
export const canInstall = (): boolean =>
  process.getuid?.() === 0 && existsSync('/etc/debian_version') && existsSync('/usr/bin/apt-get');

/** Installs Debian packages without starting their system services, neither now nor at the next boot. */
export const install = async (packages: readonly string[]): Promise<void> => {
  process.stderr.write(`Installing ${packages.join(', ')} for the tests (no service of theirs is started)\n`);
  const restorePolicy = await forbidServices();
  try {
    await forbidMainCluster();
    await apt('update');
    await apt('install', '-y', '--no-install-recommends', ...packages);
  } finally {
    await restorePolicy();
  }
};

const apt = (...words: string[]): Promise<unknown> =>
  run('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=120', '-o', 'Dpkg::Options::=--force-confold', ...words], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    maxBuffer: 16 * 1024 * 1024,
    timeout: 300_000,
  });

/** Debian runs this file to ask whether a package may start its service; 101 means no. An existing file is restored. */
const forbidServices = async (): Promise<() => Promise<void>> => {
  const before = existsSync(policyFile)
    ? { text: await readFile(policyFile), mode: (await stat(policyFile)).mode }
    : undefined;
  await writeFile(policyFile, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  return async () => {
    if (before === undefined) await rm(policyFile, { force: true });
    else await writeFile(policyFile, before.text, { mode: before.mode });
  };
};

/** Otherwise the package creates a cluster, which starts at boot. A machine that is meant to have one has this file already. */
const forbidMainCluster = async (): Promise<void> => {
  if (existsSync(clusterFile)) return;
  await mkdir('/etc/postgresql-common', { recursive: true });
  await writeFile(
    clusterFile,
    '# Written for the tests of Parley, which start servers of their own.\ncreate_main_cluster = false\n',
  );
};
