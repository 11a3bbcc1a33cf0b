import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import type { Binaries } from './binaries.js';
import { dataParent } from './data-parent.js';
import type { ServerKind } from './server-process.js';
import type { ServerTls } from './server-tls.js';
import { folderPrefix, own } from './stale-servers.js';

/** Data survives the death of any process, not of the machine, which is enough for tests. */
const unsafeSettings = {
  fsync: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '256MB',
};

export const postgres = ({ postgres: binary, initdb }: Binaries, fsync: boolean, tls?: ServerTls): ServerKind => {
  const user = process.getuid?.() === 0 ? postgresUser() : undefined;
  const url = (port: number): string =>
    `postgres://postgres@127.0.0.1:${port}/postgres${tls ? '?sslmode=verify-full' : ''}`;
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '300',
    shared_buffers: '128MB',
    ...(fsync ? { fsync: 'on' } : unsafeSettings),
  };
  return {
    name: 'postgres',
    binary,
    stopSignal: 'SIGINT',
    durable: fsync,
    ...(user && { user }),
    url,
    arguments: (folder, port) => [
      ...['-D', join(folder, 'data'), '-p', String(port)],
      ...Object.entries({ ...settings, ...(tls && postgresTls(folder)) }).flatMap(([name, value]) => [
        '-c',
        `${name}=${value}`,
      ]),
    ],
    prepare: async (folder) => {
      const data = join(folder, 'data');
      const cluster = process.env[clusterVariable];
      if (cluster === undefined) await initialize(initdb, data, user);
      else await promisify(execFile)('cp', ['-a', `${cluster}/.`, data], { cwd: folder, ...user });
      if (tls) preparePostgresTls(folder, tls, user);
    },
    probe: async (port) => {
      const ssl = tls ? { ssl: { rejectUnauthorized: false } } : {};
      const client = new pg.Client({
        connectionString: url(port).split('?')[0],
        connectionTimeoutMillis: 2_000,
        ...ssl,
      });
      client.on('error', () => undefined);
      await client.connect().catch((error: { code?: string }) => {
        // It responds, but requires a client certificate.
        if (!(tls?.verifyClients && error.code === '28000')) throw error;
      });
      await client.end();
    },
  };
};

type OsUser = { readonly uid: number; readonly gid: number };

/** Names a cluster that servers of this test run copy, which takes a seventh of the processor time of making one. */
const clusterVariable = 'PARLEY_TEST_CLUSTER';

const initialize = async (initdb: string, data: string, user: OsUser | undefined): Promise<void> => {
  const locale = process.platform === 'linux' ? '--locale=C.UTF-8' : '--no-locale';
  const words = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', locale, '--no-sync'];
  await promisify(execFile)(initdb, words, { cwd: join(data, '..'), ...user });
};

/** Makes the cluster that further servers of this process, and of those that it starts, copy. Resolves with what removes it. */
export const shareCluster = async ({ initdb }: Binaries): Promise<() => void> => {
  const user = process.getuid?.() === 0 ? postgresUser() : undefined;
  const folder = mkdtempSync(
    join(dataParent({ durable: false, shared: user !== undefined }), `${folderPrefix}cluster-`),
  );
  chmodSync(folder, 0o755);
  own(folder);
  const data = join(folder, 'data');
  mkdirSync(data, { mode: 0o700 });
  if (user !== undefined) chownSync(data, user.uid, user.gid);
  await initialize(initdb, data, user);
  process.env[clusterVariable] = data;
  return () => {
    delete process.env[clusterVariable];
    rmSync(folder, { recursive: true, force: true });
  };
};

const postgresTls = (folder: string): Record<string, string> => ({
  ssl: 'on',
  ssl_cert_file: join(folder, 'server.crt'),
  ssl_key_file: join(folder, 'server.key'),
  ssl_ca_file: join(folder, 'ca.crt'),
});

/** PostgreSQL accepts a key file only when it owns the file and no other user can read it. */
const preparePostgresTls = (folder: string, tls: ServerTls, user?: { uid: number; gid: number }): void => {
  for (const [name, file] of Object.entries({
    'server.crt': tls.certFile,
    'server.key': tls.keyFile,
    'ca.crt': tls.caFile,
  })) {
    const own = join(folder, name);
    writeFileSync(own, readFileSync(file), { mode: 0o600 });
    if (user) chownSync(own, user.uid, user.gid);
  }
  const clients = tls.verifyClients ? ' clientcert=verify-ca' : '';
  writeFileSync(join(folder, 'data', 'pg_hba.conf'), `hostssl all all 127.0.0.1/32 trust${clients}\n`);
};

/** PostgreSQL refuses to run as root; the package creates this user. */
export const postgresUser = (): { uid: number; gid: number } => {
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
};
