import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { root } from './root.js';

export const manifest = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as {
  version: string;
  scripts: Record<string, string>;
};

export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** What a script of package.json says, without npm. */
export const run = async (
  script: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
) => {
  const [command, ...first] = (manifest.scripts[script] ?? '').split(' ');
  const file = command === 'node' ? process.execPath : (command ?? '');
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], ...environment };
  const child = spawn(file, [...first, ...words], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.on('data', (data: Buffer) => (said.out += data.toString()));
  child.stderr.on('data', (data: Buffer) => (said.err += data.toString()));
  const code = await new Promise<number | null>((done) => child.once('close', done));
  return { code, out: said.out.trim(), err: said.err.trim() } satisfies Outcome;
};

/** One sentence on standard error, code 1, and not a word about anything that was begun. */
export const refused = ({ code, out, err }: Outcome): string => {
  expect({ code, out, lines: err.split('\n').length }).toEqual({ code: 1, out: '', lines: 1 });
  return err;
};
