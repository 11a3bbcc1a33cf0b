import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const tools = {
  helm: 'helm.sh/helm/v3/cmd/helm@v3.22.0',
  'kubectl-validate': 'sigs.k8s.io/kubectl-validate@v0.0.4',
};

/** Standard output of a program; throws with what it wrote when it fails. */
export const run = (command: string, args: readonly string[]): string =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 26 });

const found = (command: string, args: readonly string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/** The program of a tool, installed with Go when it is nowhere. null: it cannot be had here; the reason is printed. */
export const toolOf = (name: keyof typeof tools): string | null => {
  if (found(name, ['--help'])) return name;
  const without = (why: string): null => {
    console.log(`  Charts are not looked at without ${name}: ${why}.`);
    return null;
  };
  if (!found('go', ['version'])) return without('neither it nor Go, which installs it, is on PATH');
  const installed = join(run('go', ['env', 'GOPATH']).trim(), 'bin', name);
  if (existsSync(installed)) return installed;
  console.log(`  installing ${tools[name]}; this takes a few minutes`);
  const { status } = spawnSync('go', ['install', tools[name]], { stdio: ['ignore', 'ignore', 'inherit'] });
  return status === 0 ? installed : without('Go could not install it');
};
