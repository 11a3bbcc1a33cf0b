import { mkdtempSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { urlHost } from '@parley/runtime';
import { folderPrefix, own } from './stale-servers.js';
import { freePort } from './free-port.js';
import type { RunningServer } from './server-process.js';
import { type NatsWithUsers, startNatsWithUsers, startPostgres, startRedis } from './servers.js';
import { type Certificate, type Certificates, makeCertificates } from './certificates.js';
import { prepareServiceDatabases } from './service-databases.js';
import type { ServiceName } from './service-command.js';
import { serviceProcess, type ServiceProcess } from './service-process.js';

export const stackServices = [
  'auth',
  'topics',
  'chat',
  'signaling',
  'gateway',
] as const satisfies readonly ServiceName[];
export type StackService = (typeof stackServices)[number];

export interface StackOptions {
  /** Number of processes of each service. Default: 1. */
  readonly scale?: Partial<Record<StackService, number>>;
  /** Variables in addition to those that the stack needs itself. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Host of the gateways. Default: 127.0.0.1. */
  readonly host?: string | undefined;
  /** Port of the first gateway, the next ones follow. Default: free ports. */
  readonly port?: number | undefined;
  /** A database to use instead of a separate PostgreSQL; every service connects as its user, and migrates. */
  readonly databaseUrl?: string;
  /** Whether NATS, Redis and the stack's PostgreSQL use TLS, with client certificates of the stack's own authority. Needs `openssl`. */
  readonly tls?: boolean;
  /** Whether the stack's PostgreSQL flushes each commit to the disk, as in production. Default: false. */
  readonly fsync?: boolean;
}

/** The five services as separate processes over a real NATS, PostgreSQL and Redis; each can be killed and restarted alone. */
export interface Stack extends AsyncDisposable {
  /** The URL of each gateway. */
  readonly urls: readonly string[];
  /** By name: `chat-1`, `gateway-2`, … */
  readonly processes: ReadonlyMap<string, ServiceProcess>;
  /** With the users of a real installation; its `url` has all permissions. */
  readonly nats: NatsWithUsers;
  readonly redis: RunningServer;
  /** null when a database was given. */
  readonly postgres: RunningServer | null;
  /** URL of a superuser, or the given one. */
  readonly databaseUrl: string;
  /** Folder of the log files: `<name>.log`. */
  readonly logFolder: string;
  stop(): Promise<void>;
}

export const startStack = async ({
  scale = {},
  environment = {},
  host = '127.0.0.1',
  port,
  databaseUrl,
  tls = false,
  fsync = false,
}: StackOptions = {}): Promise<Stack> => {
  const logFolder = mkdtempSync(join(tmpdir(), `${folderPrefix}stack-`));
  own(logFolder);
  const certificates = tls ? makeCertificates() : null;
  const [nats, redis, postgres] = await Promise.all([
    startNatsWithUsers(certificates ? { ...certificates.nats, verifyClients: true } : undefined),
    startRedis(certificates ? { ...certificates.redis, verifyClients: true } : undefined),
    databaseUrl
      ? null
      : startPostgres(certificates ? { ...certificates.postgres, verifyClients: true } : undefined, fsync),
  ]);
  const database = databaseUrl ?? withCertificate(postgres?.url ?? '', certificates?.client);
  const processes = new Map<string, ServiceProcess>();
  const urls: string[] = [];

  const stop = async (): Promise<void> => {
    // Gateways first: their connections move elsewhere while the other services still respond.
    const order = [...processes.values()].sort(
      (a, b) => Number(b.service === 'gateway') - Number(a.service === 'gateway'),
    );
    const gateways = order.filter(({ service }) => service === 'gateway');
    await Promise.all(gateways.map((each) => each.stop()));
    await Promise.all(order.filter((each) => !gateways.includes(each)).map((each) => each.stop()));
    await Promise.all([nats.stop(), redis.stop(), postgres?.stop()]);
    rmSync(logFolder, { recursive: true, force: true });
    certificates?.remove();
  };

  const shared = {
    REDIS_URL: redis.url,
    ...(!environment['PARLEY_SECRET_FILE'] && { PARLEY_SECRET: randomBytes(32).toString('hex') }),
    HOST: host,
    ...(certificates && tlsVariables(certificates)),
    ...environment,
  };
  try {
    const databaseUrls = postgres ? await prepareServiceDatabases(database) : {};
    for (const service of stackServices) {
      for (let index = 1; index <= (scale[service] ?? 1); index += 1) {
        const name = `${service}-${index}`;
        const own: Record<string, string> = {};
        const DATABASE_URL = databaseUrls[service] ?? databaseUrl;
        const stores = { NATS_URL: nats.urlOf(service), ...(DATABASE_URL !== undefined && { DATABASE_URL }) };
        if (service === 'gateway') {
          const listens = port === undefined ? await freePort() : port + index - 1;
          urls.push(`http://${urlHost(host)}:${listens}`);
          own['PORT'] = String(listens);
        }
        const logFile = join(logFolder, `${name}.log`);
        processes.set(
          name,
          await serviceProcess({
            service,
            name,
            environment: { ...stores, ...shared, ...own },
            logFile,
          }),
        );
      }
    }
    await Promise.all([...processes.values()].map((each) => each.start()));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    urls,
    processes,
    nats,
    redis,
    postgres,
    databaseUrl: database,
    logFolder,
    stop,
    [Symbol.asyncDispose]: stop,
  };
};

/** In the parameters of libpq, so that the URL is all that a client needs. */
const withCertificate = (text: string, client?: Certificate): string => {
  if (client === undefined) return text;
  const url = new URL(text);
  const files = { sslrootcert: client.caFile, sslcert: client.certFile, sslkey: client.keyFile };
  for (const [name, file] of Object.entries(files)) url.searchParams.set(name, file);
  return url.toString();
};

const tlsVariables = ({ client: { caFile, certFile, keyFile } }: Certificates): Record<string, string> =>
  Object.fromEntries(
    ['NATS', 'REDIS'].flatMap((store) => [
      [`PARLEY_${store}_CA_FILE`, caFile],
      [`PARLEY_${store}_CERT_FILE`, certFile],
      [`PARLEY_${store}_KEY_FILE`, keyFile],
    ]),
  );
