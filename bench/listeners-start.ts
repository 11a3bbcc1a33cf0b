// The generator: the C program where there is a compiler, the same in Node otherwise.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Child, startChild } from './child.js';
import type { Endpoint } from './system.js';

const pathOf = (file: string): string => new URL(file, import.meta.url).pathname;

export interface Generator {
  readonly program: string;
  readonly words: readonly string[];
  readonly language: 'C' | 'Node';
  remove(): void;
}

/** `inNode`: although there is a compiler. */
export const prepareListeners = (inNode: boolean): Generator => {
  const ofNode: Generator = {
    program: process.execPath,
    words: [pathOf('./listeners.js')],
    language: 'Node',
    remove: () => undefined,
  };
  if (inNode) return ofNode;
  const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  const program = join(folder, 'listeners');
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    // This file runs from `dist`; the C source stays where it is.
    execFileSync('cc', ['-O2', '-o', program, pathOf('../listeners.c')], { stdio: 'pipe' });
    return { program, words: [], language: 'C', remove };
  } catch (error) {
    remove();
    const [why] = (error as Error).message.split('\n');
    console.error(`No C compiler (${why}): the generator runs in Node and limits earlier`);
    return ofNode;
  }
};

/** Resolves when all sockets receive the room. */
export const startListeners = async (
  generator: Generator,
  endpoint: Endpoint,
  { sockets, sampled }: { readonly sockets: number; readonly sampled: number },
): Promise<Child> => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  const headers = join(folder, 'headers');
  writeFileSync(headers, endpoint.headers.map((line) => `${line}\n`).join(''), { mode: 0o600 });
  const { port, path, hello, ready, countedBy = 'frames' } = endpoint;
  const hex = (bytes: string | Uint8Array): string => Buffer.from(bytes as Uint8Array).toString('hex');
  const words = [port, sockets, sampled, path, hex(hello), hex(ready), countedBy, headers].map(String);
  const child = startChild('listeners', generator.program, [...generator.words, ...words]);
  try {
    await child.ask();
  } catch (error) {
    await child.stop();
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return child;
};
