import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Stack, startCollector, startStack } from '@parley/testing';
import { Redis } from 'ioredis';
import pg from 'pg';
import { type BusMessage, tapBus } from './bus-tap.js';

/** Something that was stored or sent, and where: `table chat.entries`, `log of gateway-1`, `bus rpc.auth.token.signIn`, … */
export interface Kept {
  readonly where: string;
  readonly text: string;
}

/** A stack with full logs and traces, and a recorder of all of it. */
export interface WatchedStack extends AsyncDisposable {
  readonly url: string;
  /** While `work` goes on these tables are not there: whoever asks for them fails inside. */
  withoutTables<T>(names: readonly string[], work: () => Promise<T>): Promise<T>;
  /** Ends the services, so that nothing is on its way any more, and gives back what is anywhere. */
  everything(): Promise<readonly Kept[]>;
}

export const startWatchedStack = async (): Promise<WatchedStack> => {
  const undo: (() => unknown)[] = [];
  const stop = async (): Promise<void> => {
    for (const each of undo.splice(0).reverse()) await each();
  };
  try {
    return { ...(await watch(undo)), [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
};

const watch = async (undo: (() => unknown)[]): Promise<Omit<WatchedStack, typeof Symbol.asyncDispose>> => {
  const exported: string[] = [];
  const collector = await startCollector({ onBody: (body) => void exported.push(body) });
  undo.push(() => collector.stop());
  const stack = await startStack({
    environment: {
      PARLEY_LOG_LEVEL: 'trace',
      PARLEY_DRAIN_MS: '0',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      // As text, which can be searched.
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    },
  });
  undo.push(() => stack.stop());
  const messages: BusMessage[] = [];
  const tap = await tapBus(stack.nats.url, (message) => void messages.push(message));
  undo.push(() => tap[Symbol.dispose]());
  // Of a command that another client sends just when this one begins to listen ioredis takes the line for an answer: not of our own.
  const redis = new Redis(stack.redis.url, { enableReadyCheck: false });
  undo.push(() => redis.disconnect());
  await redis.ping();
  const monitor = await redis.monitor();
  undo.push(() => monitor.disconnect());
  const commands: string[] = [];
  monitor.on('monitor', (_time: string, words: string[]) => void commands.push(words.join(' ')));

  const everything = async (): Promise<readonly Kept[]> => {
    const metrics = await metricsOf(stack);
    await endServices(stack);
    return [
      ...(await tablesOf(stack.databaseUrl)),
      ...(await keysOf(redis)),
      ...metrics,
      ...linesOf(stack.logFolder),
      ...exported.map((text) => ({ where: 'span', text })),
      ...commands.map((text) => ({ where: 'redis command', text })),
      ...onTheBus(messages),
    ];
  };
  return {
    url: stack.urls[0] ?? '',
    withoutTables: async (names, work) => {
      const rename = (from: string, to: string): Promise<unknown> =>
        asked(stack.databaseUrl, `alter table ${from} rename to ${to.split('.')[1]}`);
      for (const name of names) await rename(name, `${name}_gone`);
      const result = await work();
      for (const name of names) await rename(`${name}_gone`, name);
      return result;
    },
    everything,
  };
};

/** A process that ends sends its spans first. */
const endServices = async ({ processes }: Stack): Promise<void> => {
  await processes.get('gateway-1')?.stop();
  await Promise.all([...processes.values()].map((each) => each.stop()));
};

const asked = async <Row extends pg.QueryResultRow>(url: string, ...statements: readonly string[]): Promise<Row[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const rows: Row[] = [];
    for (const statement of statements) rows.push(...(await client.query<Row>(statement)).rows);
    return rows;
  } finally {
    await client.end();
  }
};

const tablesOf = async (url: string): Promise<Kept[]> => {
  const tables = await asked<{ name: string }>(
    url,
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
     where schemaname not in ('pg_catalog', 'information_schema')`,
  );
  const rowsOf = ({ name }: { name: string }): string =>
    `select 'table ${name}' as where, t::text as text from ${name} t`;
  return asked<{ where: string; text: string }>(url, ...tables.map(rowsOf));
};

const keysOf = async (redis: Redis): Promise<Kept[]> => {
  const readers: Readonly<Record<string, (key: string) => Promise<unknown>>> = {
    string: (key) => redis.get(key),
    hash: (key) => redis.hgetall(key),
    set: (key) => redis.smembers(key),
    zset: (key) => redis.zrange(key, '0', '-1'),
    list: (key) => redis.lrange(key, 0, -1),
  };
  const kept: Kept[] = [];
  for (const key of await redis.keys('*')) {
    const type = await redis.type(key);
    const read = readers[type];
    if (!read) throw new Error(`${key} is a ${type}: this test cannot read it`);
    kept.push({ where: 'redis key', text: `${key} ${JSON.stringify(await read(key))}` });
  }
  return kept;
};

const metricsOf = ({ processes }: Stack): Promise<Kept[]> =>
  Promise.all(
    [...processes.values()].map(async ({ name, healthUrl }) => ({
      where: `metrics of ${name}`,
      text: await (await fetch(`${healthUrl}/metrics`)).text(),
    })),
  );

const linesOf = (folder: string): Kept[] =>
  readdirSync(folder).flatMap((file) =>
    readFileSync(join(folder, file), 'utf8')
      .split('\n')
      .map((text) => ({ where: `log of ${file.replace('.log', '')}`, text })),
  );

/** An answer is named after what it answers, an event without the id of its scope. */
const onTheBus = (messages: readonly BusMessage[]): Kept[] => {
  const asked = new Map(messages.map(({ subject, replyTo }) => [replyTo, subject]));
  return messages.map(({ subject, text }) => {
    const question = asked.get(subject);
    const name = question === undefined ? subject : `answer to ${question}`;
    return { where: `bus ${name.replace(/^(evt\.\w+\.\w+\.\w+)\..*/, '$1')}`, text: `${subject} ${text}` };
  });
};
