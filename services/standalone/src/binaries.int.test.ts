// With umask 077 the user that runs PostgreSQL can enter the shared folder and start the programs, also those of an earlier start.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { copiedBinaries, findBinaries } from './binaries.js';
import { sharedFolder } from './server-user.js';

let umask: number;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-test-umask-'));
  umask = process.umask(0o077);
});
afterEach(() => {
  process.umask(umask);
  rmSync(folder, { recursive: true, force: true });
});

/** The bits for users other than the owner and its group. */
const forOthers = (path: string): number => statSync(path).mode & 0o007;

/** What a server user needs that is neither the owner of the folder nor of its group. */
const usable = (path: string, { initdb, postgres }: { readonly initdb: string; readonly postgres: string }): void => {
  for (const program of [initdb, postgres]) {
    expect([program, forOthers(program)]).toEqual([program, 0o005]);
    for (let each = dirname(program); each.startsWith(path); each = dirname(each))
      expect([each, forOthers(each)]).toEqual([each, 0o005]);
  }
};

test('programs that were copied with umask 077 can be run by every user, and so can those of an earlier start', async () => {
  const found = await findBinaries();
  const shared = await sharedFolder(join(folder, 'shared'));
  usable(shared, await copiedBinaries(found, shared));
  // As a version without this guarantee left them.
  execFileSync('chmod', ['-R', 'go-rwx', shared]);
  expect(await sharedFolder(shared)).toBe(shared);
  usable(shared, await copiedBinaries(found, shared));
});
