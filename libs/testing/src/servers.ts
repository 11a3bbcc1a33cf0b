import { natsPasswordsFile, natsUsersFile } from '@parley/bus';
import { type BusUserName, busUserNames } from '@parley/contracts';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { type Binaries, obtainBinaries, serverVariables, whatToInstall } from './binaries.js';
import { postgres, postgresUser } from './postgres-server.js';
import { type RunningServer, type ServerKind, runServer } from './server-process.js';
import type { ServerTls } from './server-tls.js';

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
  runServer(nats(await serverBinaries(), credentials));
/** A NATS with the users and permissions of a real installation. `url` is that of an additional user with all permissions. */
export interface NatsWithUsers extends RunningServer {
  urlOf(user: BusUserName): string;
}
export const startNatsWithUsers = async (tls?: ServerTls): Promise<NatsWithUsers> => {
  const passwords = Object.fromEntries(
    [...busUserNames, unrestrictedUser].map((user) => [user, randomBytes(16).toString('hex')]),
  );
  const server = await runServer(natsWithUsers(await serverBinaries(), passwords, tls));
  // Its properties are getters, which a spread would read only once.
  return Object.assign(Object.create(server) as RunningServer, {
    urlOf: (user: BusUserName) => `${tls ? 'tls' : 'nats'}://${user}:${passwords[user]}@127.0.0.1:${server.port}`,
  });
};
/**
 * Servers with their own configuration files: path below the folder in which they run → text. They start with `config`, on loopback and a
 * free port; Redis over TLS, which its files must configure.
 */
export const startNatsWithConfig = async (
  config: string,
  files: Readonly<Record<string, string>>,
): Promise<RunningServer> => runServer(natsWithConfig(await serverBinaries(), config, files, ''));
export const startRedisWithConfig = async (
  config: string,
  files: Readonly<Record<string, string>>,
): Promise<RunningServer> => runServer(redisWithConfig(await serverBinaries(), config, files));
export const startRedis = async (tls?: ServerTls): Promise<RunningServer> =>
  runServer(redis(await serverBinaries(), tls));
/** With `tls` it refuses connections without TLS; with `verifyClients` also those without a client certificate of the same authority. */
export const startPostgres = async (tls?: ServerTls, fsync = false): Promise<RunningServer> =>
  runServer(postgres(await serverBinaries(), fsync, tls));

/** The folder of PostgreSQL's programs, and the user that runs them where this process must not. */
export const postgresPrograms = async (): Promise<{ folder: string; user?: { uid: number; gid: number } }> => ({
  folder: dirname((await serverBinaries()).initdb),
  ...(process.getuid?.() === 0 && { user: postgresUser() }),
});

const urlFrom = (variable: string): string => {
  const url = process.env[variable];
  if (url === undefined) throw new Error(`No servers: ${variable} is not set, run through vitest or ${whatToInstall}`);
  return url;
};

/** Paths of the server programs; rejects with what to install when one is missing. */
export const serverBinaries = async (): Promise<Binaries> => {
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
