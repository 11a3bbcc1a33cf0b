import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, connectDatabase, ownerRole, provisionRoles, serviceRole } from '@parley/postgres';
import { type Log, StartError } from '@parley/runtime';
import { copiedBinaries, findBinaries } from './binaries.js';
import type { Binaries } from './binaries.js';
import { guardServer, isAlive, run, runningServer, spawnServer, stopServer } from './postgres-process.js';
import { dataFolder, mayEnter, serverUser, sharedFolder } from './server-user.js';
import type { ServerUser } from './server-user.js';

/** A real PostgreSQL server on loopback, with its data in the folder. */
export interface EmbeddedPostgres {
  /** The URL for the role that owns the schemas. */
  readonly ownerUrl: string;
  /** The URL for the role that uses one schema. */
  urlFor(schema: string): string;
  stop(): Promise<void>;
}

interface RunningPostgres {
  readonly port: number;
  isRunning(): boolean;
  stop(): Promise<void>;
}

const readyWithinMs = 30_000;
const pollMs = 20;

/**
 * Starts PostgreSQL on the folder's data, and initializes the data the first time. A server that a killed Parley left running there is
 * stopped first. The server also stops when this process is killed. `passwordOf` returns the password of a role; none leaves this machine.
 */
export const startEmbeddedPostgres = async (
  folder: string,
  passwordOf: (role: string) => string,
  schemas: readonly string[],
  log: Log,
): Promise<EmbeddedPostgres> => {
  const { port, stop, isRunning } = await startServer(folder, passwordOf(superuser), log);
  const urlAs = (role: string): string => urlAt(port, role, passwordOf(role));
  // Failed attempts are expected until the server has started; the last one becomes the cause of the error.
  const quiet = log.child({}, { level: 'error' });
  const admin = connectDatabase({ url: urlAs(superuser), schema: 'public', poolMax: 1, log: quiet });
  try {
    await answers(admin, isRunning);
    const services = Object.fromEntries(schemas.map((schema) => [schema, passwordOf(serviceRole(schema))]));
    // Also prepares a folder whose schemas an earlier version made as the superuser.
    await provisionRoles(admin.knex, { owner: passwordOf(ownerRole), services });
  } catch (error) {
    await stop();
    throw error;
  } finally {
    await admin.close();
  }
  return { ownerUrl: urlAs(ownerRole), urlFor: (schema) => urlAs(serviceRole(schema)), stop };
};

/** Used only to set up the cluster: services and migrations have roles of their own. */
const superuser = 'parley';

const urlAt = (port: number, role: string, password: string): string =>
  `postgres://${role}:${password}@127.0.0.1:${port}/postgres`;

const startServer = async (folder: string, password: string, log: Log): Promise<RunningPostgres> => {
  const user = serverUser();
  const home = await dataFolder(folder, user);
  const data = join(home, 'cluster');

  const left = await runningServer(data);
  if (left !== null) {
    log.info({ pid: left }, 'PostgreSQL still runs from an earlier start: it is stopped first');
    await stopServer(left);
  }

  const found = await findBinaries();
  const binaries = (await mayEnter(found.root, user)) ? found : await copiedBinaries(found, await sharedFolder());
  await checkVersion(data, binaries.version);
  if (!existsSync(data)) await initialise(binaries, data, password, user);
  const port = await freePort();
  const pid = await spawnServer(binaries, data, port, user, join(folder, 'postgres.log'));
  const guard = guardServer(pid, user, log);
  const stop = async (): Promise<void> => {
    await stopServer(pid);
    guard?.kill('SIGKILL');
  };
  return { port, stop, isRunning: () => isAlive(pid) };
};

/** A data folder belongs to one major version of PostgreSQL. */
const checkVersion = async (data: string, ours: string): Promise<void> => {
  if (!existsSync(data)) return;
  const theirs = (await readFile(join(data, 'PG_VERSION'), 'utf8')).trim();
  const major = ours.split('.', 1)[0];
  if (theirs !== major)
    throw new StartError(
      `The data in ${data} is of PostgreSQL ${theirs} and this Parley brings PostgreSQL ${major}: start the Parley that wrote it, or another folder.`,
    );
};

/** Initialized beside its final path and renamed when complete, so that a killed start leaves no partial data. */
const initialise = async (binaries: Binaries, data: string, password: string, user: ServerUser): Promise<void> => {
  const half = `${data}.half`;
  const passwordFile = join(tmpdir(), `parley-${randomBytes(8).toString('hex')}`);
  await rm(half, { recursive: true, force: true });
  await writeFile(passwordFile, password, { mode: 0o600 });
  try {
    if (user.uid !== undefined && user.gid !== undefined) await chown(passwordFile, user.uid, user.gid);
    const options = [`--pgdata=${half}`, `--username=${superuser}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
    await run(binaries.initdb, [...options, '--encoding=UTF8', '--locale=C', '--no-instructions'], user);
    await rename(half, data);
  } finally {
    await rm(passwordFile, { force: true });
  }
};

const answers = async (database: Database, isRunning: () => boolean): Promise<void> => {
  const until = performance.now() + readyWithinMs;
  for (;;) {
    try {
      return await database.ping();
    } catch (cause) {
      if (!isRunning()) throw new Error('PostgreSQL stopped while starting: see postgres.log in the folder', { cause });
      if (performance.now() > until)
        throw new Error('PostgreSQL does not answer: see postgres.log in the folder', { cause });
      await sleep(pollMs);
    }
  }
};

const freePort = (): Promise<number> =>
  new Promise((done, fail) => {
    const server = createServer().once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address && typeof address === 'object' ? done(address.port) : fail(new Error('No free port')),
      );
    });
  });
