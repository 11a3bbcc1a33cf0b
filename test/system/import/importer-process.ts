import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { root } from '../../root.js';
import { residentMb } from '../proof/usage.js';

export interface Run {
  /** The exit code, or the signal that ended it. */
  readonly ended: number | string;
  readonly seconds: number;
  readonly mostMb: number;
  readonly said: string;
}

const sampleEveryMs = 50;

/** One run of `parley import`; `kill` is polled and ends it with SIGKILL once it says so. */
export const runImporter = async (
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
  kill: () => Promise<boolean>,
): Promise<Run> => {
  const began = performance.now();
  const child = spawn(process.execPath, [join(root, 'importer/bin/parley.js'), 'import', ...words], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (said += data.toString()));
  let mostMb = 0;
  const sampling = setInterval(() => (mostMb = Math.max(mostMb, residentMb(child.pid ?? 0))), sampleEveryMs);
  const ending = once(child, 'exit') as Promise<[number | null, string | null]>;
  const killing = killWhen(child, kill);
  const [code, signal] = await ending;
  clearInterval(sampling);
  await killing;
  return { ended: code ?? signal ?? 'unknown', seconds: (performance.now() - began) / 1_000, mostMb, said };
};

const killWhen = async (child: ChildProcess, kill: () => Promise<boolean>): Promise<void> => {
  while (child.exitCode === null && child.signalCode === null) {
    if (await kill()) {
      child.kill('SIGKILL');
      return;
    }
    await new Promise((next) => setTimeout(next, sampleEveryMs));
  }
};
