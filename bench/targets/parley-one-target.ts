// Parley as one process, as `npm start` with DATABASE_URL runs it: the five services on a bus within the process, without NATS and Redis.
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { connectNats } from '@parley/bus';
import { freePort, serviceProcess, startNats } from '@parley/testing';
import { v1Wire } from '../load/v1-wire.js';
import { onEnd } from '../systems/on-end.js';
import { seatOverBus } from './parley-accounts.js';
import { errorsOnly, parleyEnvironment } from './parley-target.js';
import { createDatabase, type PeerDatabase } from './peer-database.js';
import type { Population, Seating, Target } from './target.js';

/** In a database of its own. */
export const startParleyOne = async (
  { url: serverUrl, pid }: PeerDatabase,
  environment: Readonly<Record<string, string>>,
): Promise<Target> => {
  const end = onEnd();
  try {
    const databaseUrl = await createDatabase(serverUrl);
    const folder = mkdtempSync(join(tmpdir(), 'parley-bench-one-'));
    end.add(async () => rmSync(folder, { recursive: true, force: true }));
    chmodSync(folder, 0o755);
    const port = await freePort();
    const shared = { ...parleyEnvironment, DATABASE_URL: databaseUrl, PARLEY_SECRET: randomBytes(32).toString('hex') };
    const one = await serviceProcess({
      service: 'standalone',
      name: 'parley-one',
      environment: {
        ...{ ...shared, PORT: String(port), PARLEY_FOLDER: join(folder, 'data'), PARLEY_SAMPLE_DATA: 'false' },
        ...environment,
      },
      logFile: join(folder, 'standalone.log'),
    });
    end.add(() => one.stop());
    await one.start();
    const database = new pg.Client({ connectionString: databaseUrl });
    await database.connect();
    end.add(() => database.end());
    const processes = new Map([
      ['parley', one.pid],
      ['postgres', pid],
    ]);
    return {
      name: 'parley-one',
      url: `ws://127.0.0.1:${port}`,
      otherUrl: null,
      wire: v1Wire,
      processes,
      edge: one.pid,
      killEdge: () => one.kill('SIGKILL'),
      seat: (population) => seatBeside(population, shared, folder),
      stored: async () => {
        const { rows } = await database.query<{ count: string }>('select count(*) from chat.entries');
        return Number(rows[0]?.count);
      },
      stop: end.now,
    };
  } catch (error) {
    await end.now();
    throw error;
  }
};

/**
 * Nothing outside reaches the bus of one process. Two services of the same database and secret make the accounts and channels over a NATS of
 * their own, and are stopped before there is a load. The process learns no event of them; no client that it would concern is connected yet.
 */
const seatBeside = async (
  population: Population,
  shared: Readonly<Record<string, string>>,
  folder: string,
): Promise<Seating> => {
  const end = onEnd();
  try {
    const nats = await startNats();
    end.add(() => nats.stop());
    for (const service of ['auth', 'topics'] as const) {
      const logFile = join(folder, `${service}.log`);
      const environment = { ...shared, NATS_URL: nats.url };
      const beside = await serviceProcess({ service, name: `${service}-beside`, environment, logFile });
      end.add(() => beside.stop());
      await beside.start();
    }
    const bus = await connectNats({ servers: nats.url, name: 'bench', log: errorsOnly });
    end.add(() => bus.drain());
    return await seatOverBus(bus, population);
  } finally {
    await end.now();
  }
};
