// The profile `import`: the database of an old server moves into the stack by the documented command, into a realm that is still empty.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeRoomsDatabase, roomsRows } from '@parley/importer/testing/rooms-database';
import { ask } from '../../clients/http.js';
import { roomTexts } from '../../clients/rooms.js';
import { afterwards } from '../proof/cleanup.js';
import { check } from '../proof/figures.js';
import { documentedImport, runDocumented } from './documented.js';
import type { Project } from './project.js';

const file = 'chat.db';

/** A folder with an old database, for PARLEY_IMPORT_FOLDER. */
export const makeOldDatabase = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-old-'));
  afterwards(() => rmSync(folder, { recursive: true, force: true }));
  makeRoomsDatabase(join(folder, file), roomsRows);
  chmodSync(folder, 0o755);
  return folder;
};

export const tryImport = async (stack: Project): Promise<void> => {
  const { dryRun, run } = documentedImport(file);
  const tried = await runDocumented(dryRun, stack);
  check('a dry run says what would be moved', tried.includes('To be moved: '));
  const ran = await runDocumented(run, stack);
  check('the documented command imports an old server', ran.includes('Clients can sign in.'));
  const body = { username: 'user1', password: 'password123' };
  const { status, body: grant } = await ask('POST', `${stack.url}/api/auth/login`, { body });
  check(`an account of the old server signs in with its password (${status})`, status === 200);
  const { access_token: token } = grant as { readonly access_token: string };
  const texts = await roomTexts(stack.url, { token }, { id: 1 });
  check(`and reads its room: ${texts.join(' · ')}`, texts.includes('Hello, world!'));
};
