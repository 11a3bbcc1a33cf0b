// Runs tests as part of a proof and gives back vitest's report.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterwards } from './cleanup.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The results of these files (paths as vitest takes them), each with its `assertionResults`. */
export const runTests = async (paths, environment) => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-tests-'));
  afterwards(() => rmSync(folder, { recursive: true, force: true }));
  const report = join(folder, 'report.json');
  const vitest = fileURLToPath(import.meta.resolve('vitest/package.json')).replace(/package\.json$/, 'vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', ...paths, '--reporter=json', `--outputFile=${report}`], {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  afterwards(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    // It stops its platforms when it is told to end.
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await gone;
    clearTimeout(force);
  });
  const [code] = await once(child, 'exit');
  if (!existsSync(report)) throw new Error(`vitest ended with ${code} and no report`);
  return JSON.parse(readFileSync(report, 'utf8')).testResults;
};
