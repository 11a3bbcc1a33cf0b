// A primary of PostgreSQL and a synchronous streaming replica: what the primary acknowledges, both have written.
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  freePort,
  postgresPrograms,
  type RunningServer,
  runServer,
  serverBinaries,
  type ServerKind,
} from '@parley/testing';
import pg from 'pg';

export interface PostgresPair {
  readonly primary: RunningServer;
  readonly replica: RunningServer;
  /** A URL with both hosts for one with the primary's alone. */
  withBoth(url: string): string;
  /** Makes the replica the primary. */
  promote(): Promise<void>;
}

const run = promisify(execFile);
const urlAt = (port: number): string => `postgres://postgres@127.0.0.1:${port}/postgres`;

const statement = async <Row extends pg.QueryResultRow>(port: number, sql: string): Promise<Row[]> => {
  const client = new pg.Client({ connectionString: urlAt(port), connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
};

const kindOf = async (name: string, prepare: (folder: string) => Promise<unknown>): Promise<ServerKind> => {
  const { postgres: binary } = await serverBinaries();
  const { user } = await postgresPrograms();
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    wal_level: 'replica',
    max_wal_senders: '5',
    hot_standby: 'on',
    // A replica that is gone is noticed.
    wal_sender_timeout: '10s',
  };
  return {
    ...{ name, binary, port: await freePort(), stopSignal: 'SIGINT', url: urlAt },
    ...(user && { user }),
    arguments: (folder, port) => [
      ...['-D', join(folder, 'data'), '-p', String(port)],
      ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
    ],
    prepare: async (folder) => void (await prepare(folder)),
    probe: async (port) => void (await statement(port, 'select 1')),
  };
};

export const startPostgresPair = async (): Promise<PostgresPair> => {
  const { folder: programs, user } = await postgresPrograms();
  const initialize = (folder: string): Promise<unknown> =>
    run(
      join(programs, 'initdb'),
      ['-D', join(folder, 'data'), '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale'],
      {
        cwd: folder,
        ...user,
      },
    );
  const primary = await runServer(await kindOf('postgres-primary', initialize));
  const copy = async (folder: string): Promise<unknown> => {
    rmSync(join(folder, 'data'), { recursive: true });
    // -R: the copy starts as a replica of this primary.
    const words = [
      '-h',
      '127.0.0.1',
      '-p',
      String(primary.port),
      '-U',
      'postgres',
      '-D',
      join(folder, 'data'),
      '-R',
      '-X',
      'stream',
      '-c',
      'fast',
    ];
    await run(join(programs, 'pg_basebackup'), words, { cwd: folder, ...user });
    return run('chmod', ['700', join(folder, 'data')]);
  };
  const replica = await runServer(await kindOf('postgres-replica', copy));
  await statement(primary.port, `alter system set synchronous_standby_names = '*'`);
  await statement(primary.port, 'select pg_reload_conf()');
  for (;;) {
    const rows = await statement(
      primary.port,
      `select 1 from pg_stat_replication where sync_state in ('sync', 'quorum')`,
    );
    if (rows.length > 0) break;
    await sleep(100);
  }
  return {
    primary,
    replica,
    withBoth: (url) => url.replace(`127.0.0.1:${primary.port}`, `127.0.0.1:${primary.port},127.0.0.1:${replica.port}`),
    promote: async () => void (await statement(replica.port, 'select pg_promote()')),
  };
};
