// The generator: the C program where there is a compiler, the same in Node otherwise.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild } from './child.js';

const sourceOf = (file) => new URL(file, import.meta.url).pathname;

/** @returns {{ program: string, words: string[], language: 'C' | 'Node', remove(): void }} */
export const prepareListeners = (node) => {
  const inNode = { program: process.execPath, words: [sourceOf('./listeners.js')], language: 'Node', remove() {} };
  if (node) return inNode;
  const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  const program = join(folder, 'listeners');
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    execFileSync('cc', ['-O2', '-o', program, sourceOf('./listeners.c')], { stdio: 'pipe' });
    return { program, words: [], language: 'C', remove };
  } catch (error) {
    remove();
    console.error(`No C compiler (${error.message.split('\n')[0]}): the generator runs in Node and limits earlier`);
    return inNode;
  }
};

/**
 * Resolves when all sockets hear the room.
 * @param {{ port: number, path: string, hello: string, ready: string, headers: string[] }} door
 */
export const startListeners = async (generator, endpoint, { sockets, sampled }) => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  const headers = join(folder, 'headers');
  writeFileSync(headers, endpoint.headers.map((line) => `${line}\n`).join(''), { mode: 0o600 });
  const words = [endpoint.port, sockets, sampled, endpoint.path, endpoint.hello, endpoint.ready, headers].map(String);
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
