// Runs tests as part of a proof and gives back vitest's report.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from '../../root.js';
import { afterwards } from './cleanup.js';

export interface TestResult {
  readonly fullName: string;
  readonly status: string;
  readonly failureMessages: readonly string[];
}

export interface FileResult {
  readonly name: string;
  readonly status: string;
  readonly message: string;
  readonly assertionResults: readonly TestResult[];
}

/** Resolves with the exit code of `vitest run` with these words. */
export const runVitest = async (
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
  output: 'ignore' | 'inherit',
): Promise<number | null> => {
  const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', ...words], {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: ['ignore', output, 'inherit'],
  });
  afterwards(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    // It stops its platforms when it receives SIGTERM.
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await gone;
    clearTimeout(force);
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
};

/** The results of these files (paths and options as vitest takes them). */
export const runTests = async (
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<readonly FileResult[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-tests-'));
  afterwards(() => rmSync(folder, { recursive: true, force: true }));
  const report = join(folder, 'report.json');
  const code = await runVitest([...words, '--reporter=json', `--outputFile=${report}`], environment, 'ignore');
  if (!existsSync(report)) throw new Error(`vitest ended with ${String(code)} and no report`);
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as { testResults: FileResult[] };
  return testResults;
};

/** The first line of why a test failed, below its name. */
export const failureOf = ({ fullName, failureMessages }: TestResult): string =>
  `${fullName}\n      ${failureMessages.join(' ').split('\n')[0] ?? ''}`;
