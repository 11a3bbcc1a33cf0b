import { natsPasswordsFile, natsUsersFile } from '@parley/bus';
import { type BusUserName, busUserNames } from '@parley/contracts';
import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { type Binaries, obtainBinaries, serverVariables, whatToInstall } from './binaries.js';
import type { Certificate } from './certificates.js';
import { type RunningServer, type ServerKind, runServer } from './server-process.js';

export interface ServerUrls {
  readonly postgresUrl: string;
  readonly natsUrl: string;
  readonly redisUrl: string;
}

/** The shared servers of this test run. Do not write anything to them that another test could see. */
export const servers = (): ServerUrls => ({
  postgresUrl: urlFrom(serverVariables.postgresUrl),
  natsUrl: urlFrom(serverVariables.natsUrl),
  redisUrl: urlFrom(serverVariables.redisUrl),
});

/** Credentials that the server requires. Default: none. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** Separate servers that a test can kill and restart; the caller stops them. */
export const startNats = async (credentials?: Credentials): Promise<RunningServer> =>
  runServer(nats(await binaries(), credentials));
/** A NATS with the users and permissions of a real installation. `url` is that of an additional user with all permissions. */
export interface NatsWithUsers extends RunningServer {
  urlOf(user: BusUserName): string;
}
export const startNatsWithUsers = async (tls?: ServerTls): Promise<NatsWithUsers> => {
  const passwords = Object.fromEntries(
    [...busUserNames, unrestrictedUser].map((user) => [user, randomBytes(16).toString('hex')]),
  );
  const server = await runServer(natsWithUsers(await binaries(), passwords, tls));
  // Its properties are getters, which a spread would read only once.
  return Object.assign(Object.create(server) as RunningServer, {
    urlOf: (user: BusUserName) => `${tls ? 'tls' : 'nats'}://${user}:${passwords[user]}@127.0.0.1:${server.port}`,
  });
};
/** The certificate of a server, and whether it requires client certificates of the same authority. */
export interface ServerTls extends Certificate {
  readonly verifyClients?: boolean;
}
/**
 * Servers with their own configuration files: path below the folder in which they run → text. They start with `config`, on loopback and a
 * free port; Redis over TLS, which its files must configure.
 */
export const startNatsWithConfig = async (
  config: string,
  files: Readonly<Record<string, string>>,
): Promise<RunningServer> => runServer(natsWithConfig(await binaries(), config, files, ''));
export const startRedisWithConfig = async (
  config: string,
  files: Readonly<Record<string, string>>,
): Promise<RunningServer> => runServer(redisWithConfig(await binaries(), config, files));
export const startRedis = async (tls?: ServerTls): Promise<RunningServer> => runServer(redis(await binaries(), tls));
/** With `tls` it refuses connections without TLS; with `verifyClients` also those without a client certificate of the same authority. */
export const startPostgres = async (tls?: ServerTls): Promise<RunningServer> =>
  runServer(postgres(await binaries(), tls));

/** The folder of PostgreSQL's programs, and the user that runs them where this process must not. */
export const postgresPrograms = async (): Promise<{ folder: string; user?: { uid: number; gid: number } }> => ({
  folder: dirname((await binaries()).initdb),
  ...(process.getuid?.() === 0 && { user: postgresUser() }),
});

const urlFrom = (variable: string): string => {
  const url = process.env[variable];
  if (url === undefined) throw new Error(`No servers: ${variable} is not set, run through vitest or ${whatToInstall}`);
  return url;
};

const binaries = async (): Promise<Binaries> => {
  const found = await obtainBinaries();
  if ('missing' in found) throw new Error(`no ${found.missing.join(', ')} here; ${whatToInstall}`);
  return found;
};

const nats = ({ nats: binary }: Binaries, credentials?: Credentials): ServerKind => ({
  name: 'nats',
  binary,
  stopSignal: 'SIGTERM',
  url: (port) => `nats://${credentials ? `${credentials.user}:${credentials.password}@` : ''}127.0.0.1:${port}`,
  arguments: (_folder, port) => [
    ...['-a', '127.0.0.1', '-p', String(port)],
    ...(credentials ? ['--user', credentials.user, '--pass', credentials.password] : []),
  ],
  probe: (port) => talk(port, '', 'INFO '),
});

const unrestrictedUser = 'test';

const natsWithUsers = (
  binaries: Binaries,
  passwords: Readonly<Record<string, string>>,
  tls: ServerTls | undefined,
): ServerKind =>
  natsWithConfig(
    binaries,
    'nats.conf',
    { 'nats.conf': `${natsPasswordsFile(passwords)}${natsUsersFile([unrestrictedUser])}${natsTlsBlock(tls)}` },
    `${unrestrictedUser}:${passwords[unrestrictedUser]}@`,
  );

const natsTlsBlock = (tls: ServerTls | undefined): string =>
  tls === undefined
    ? ''
    : `tls { cert_file: "${tls.certFile}", key_file: "${tls.keyFile}", ca_file: "${tls.caFile}", verify: ${tls.verifyClients ?? false} }\n`;

const natsWithConfig = (
  { nats: binary }: Binaries,
  config: string,
  files: Readonly<Record<string, string>>,
  credentials: string,
): ServerKind => ({
  name: 'nats',
  binary,
  stopSignal: 'SIGTERM',
  url: (port) => `nats://${credentials}127.0.0.1:${port}`,
  prepare: async (folder) => writeFiles(folder, files),
  arguments: (folder, port) => ['-c', join(folder, config), '-a', '127.0.0.1', '-p', String(port)],
  probe: (port) => talk(port, '', 'INFO '),
});

const writeFiles = (folder: string, files: Readonly<Record<string, string>>): void => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text, { mode: 0o600 });
  }
};

const redisWithConfig = (
  { redis: binary }: Binaries,
  config: string,
  files: Readonly<Record<string, string>>,
): ServerKind => ({
  name: 'redis',
  binary,
  stopSignal: 'SIGTERM',
  url: (port) => `rediss://127.0.0.1:${port}`,
  prepare: async (folder) => writeFiles(folder, files),
  arguments: (folder, port) => [join(folder, config), ...['--bind', '127.0.0.1', '--tls-port', String(port)]],
  probe: (port) => talk(port, '', ''),
});

const redis = ({ redis: binary }: Binaries, tls?: ServerTls): ServerKind => ({
  name: 'redis',
  binary,
  stopSignal: 'SIGTERM',
  url: (port) => `${tls ? 'rediss' : 'redis'}://127.0.0.1:${port}`,
  arguments: (folder, port) =>
    Object.entries({
      save: '',
      appendonly: 'no',
      bind: '127.0.0.1',
      port: tls ? '0' : String(port),
      dir: join(folder, 'data'),
      ...(tls && {
        'tls-port': String(port),
        'tls-cert-file': tls.certFile,
        'tls-key-file': tls.keyFile,
        'tls-ca-cert-file': tls.caFile,
        'tls-auth-clients': tls.verifyClients ? 'yes' : 'no',
      }),
    }).flatMap(([name, value]) => [`--${name}`, value]),
  // With TLS, listening is enough: whether the server requires a client certificate is for the tests to check.
  probe: (port) => (tls ? talk(port, '', '') : talk(port, 'PING\r\n', '+PONG')),
});

const postgres = ({ postgres: binary, initdb }: Binaries, tls?: ServerTls): ServerKind => {
  const user = process.getuid?.() === 0 ? postgresUser() : undefined;
  const url = (port: number): string =>
    `postgres://postgres@127.0.0.1:${port}/postgres${tls ? '?sslmode=verify-full' : ''}`;
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '300',
    shared_buffers: '128MB',
    // Data survives the death of any process, not of the machine, which is enough for tests.
    fsync: 'off',
  };
  return {
    name: 'postgres',
    binary,
    stopSignal: 'SIGINT',
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
      const locale = process.platform === 'linux' ? '--locale=C.UTF-8' : '--no-locale';
      const words = ['-D', join(folder, 'data'), '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', locale, '--no-sync'];
      await promisify(execFile)(initdb, words, { cwd: folder, ...user });
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
const postgresUser = (): { uid: number; gid: number } => {
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
};

/** Resolves when the server at this port sends `expected`, or accepts a connection when that is empty. */
const talk = (port: number, say: string, expected: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => (expected === '' ? end() : void socket.write(say)));
    const end = (error?: Error): void => {
      socket.destroy();
      if (error === undefined) resolve();
      else reject(error);
    };
    socket.setTimeout(2_000, () => end(new Error('silent')));
    socket.on('error', end);
    socket.on('data', (data) =>
      end(data.toString().startsWith(expected) ? undefined : new Error(`says ${data.toString()}`)),
    );
  });
