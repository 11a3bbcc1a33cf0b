import { copyFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { type Certificates, type RunningServer, makeCertificates, startPostgres } from '@parley/testing';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { checkDatabase } from './check-database.js';
import { connectDatabase } from './connect.js';
import type { DatabaseTlsFiles } from './tls.js';

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
let ours: Certificates;
let foreign: Certificates;
let postgres: RunningServer;
let mutual: RunningServer;
let plain: RunningServer;
const undo: (() => unknown)[] = [];

beforeAll(async () => {
  ours = makeCertificates();
  foreign = makeCertificates();
  [postgres, mutual, plain] = await Promise.all([
    startPostgres(ours.postgres),
    startPostgres({ ...ours.postgres, verifyClients: true }),
    startPostgres(),
  ]);
}, 120_000);
afterAll(async () => {
  await Promise.all([postgres.stop(), mutual.stop(), plain.stop()]);
  ours.remove();
  foreign.remove();
});
afterEach(async () => {
  for (const end of undo.splice(0).reverse()) await end();
});

/** The server's URL with exactly these parameters. */
const urlOf = (server: RunningServer, parameters = '', host = '127.0.0.1'): string => {
  const url = new URL(server.url);
  url.host = `${host}:${server.port}`;
  url.search = parameters;
  return url.toString();
};
const trusting = ({ postgres: { caFile } }: Certificates): DatabaseTlsFiles => ({ caFile });
const showing = ({ client }: Certificates, { postgres: { caFile } }: Certificates): DatabaseTlsFiles => ({
  ...client,
  caFile,
});

const open = (url: string, tls?: DatabaseTlsFiles) => {
  const database = connectDatabase({ url, schema: 'public', log: quiet, tls });
  undo.push(() => database.close());
  return database;
};
/** The cipher of a connection; null: none. */
const cipherOf = async (url: string, tls?: DatabaseTlsFiles): Promise<string | null> => {
  const { knex } = open(url, tls);
  const sql = 'select cipher from pg_stat_ssl where pid = pg_backend_pid()';
  const { rows } = await knex.raw<{ rows: { cipher: string | null }[] }>(sql);
  return rows[0]?.cipher ?? null;
};
/** The error that an operator sees when a service or standalone starts. */
const refusalOf = async (url: string, tls?: DatabaseTlsFiles): Promise<string> => {
  await expect(open(url, tls).ping()).rejects.toThrow();
  const problem = await checkDatabase(url, [], { withinMs: 5_000, tls });
  expect(problem).toEqual({ kind: 'wrong', sentence: expect.not.stringContaining('\n') });
  return problem?.sentence ?? '';
};

test('a client that trusts the authority of the server connects, by name and by address', async () => {
  for (const host of ['127.0.0.1', 'localhost']) {
    expect(await cipherOf(urlOf(postgres, '', host), trusting(ours))).toMatch(/AES|CHACHA/);
    const parameters = `sslmode=verify-full&sslrootcert=${ours.postgres.caFile}`;
    expect(await cipherOf(urlOf(postgres, parameters, host))).toMatch(/AES|CHACHA/);
  }
  expect(await checkDatabase(urlOf(postgres), [], { withinMs: 5_000, tls: trusting(ours) })).toBeNull();
});

test('a certificate of another authority is refused in one sentence', async () => {
  const sentence = /^DATABASE_URL: PostgreSQL at 127\.0\.0\.1:\d+ shows a certificate that is signed by no authority/;
  expect(await refusalOf(urlOf(postgres), trusting(foreign))).toMatch(sentence);
  expect(await refusalOf(urlOf(postgres, 'sslmode=verify-full'))).toMatch(sentence);
  expect(await refusalOf(urlOf(postgres, `sslmode=verify-ca&sslrootcert=${foreign.postgres.caFile}`))).toMatch(
    sentence,
  );
  expect(await refusalOf(urlOf(postgres, 'sslmode=require'), trusting(foreign))).toMatch(sentence);
});

test('a certificate for another name is refused, unless only its authority is asked for', async () => {
  const server = createServer((near) => {
    const far = connect(postgres.port, '127.0.0.1');
    near.pipe(far).pipe(near);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const)
      one.on('error', () => other.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.2', resolve));
  undo.push(() => server.close());
  const elsewhere = `postgres://postgres@127.0.0.2:${(server.address() as AddressInfo).port}/postgres`;
  expect(await refusalOf(elsewhere, trusting(ours))).toMatch(/shows a certificate for another name/);
  expect(await cipherOf(`${elsewhere}?sslmode=verify-ca`, trusting(ours))).not.toBeNull();
});

test('require encrypts without asking who the server is, as in libpq', async () => {
  expect(await cipherOf(urlOf(postgres, 'sslmode=require'))).not.toBeNull();
});

test('a server without TLS is refused in one sentence where TLS is asked for', async () => {
  const sentence = /^DATABASE_URL: PostgreSQL at 127\.0\.0\.1:\d+ offers no TLS/;
  expect(await refusalOf(urlOf(plain), trusting(ours))).toMatch(sentence);
  for (const mode of ['require', 'verify-ca', 'verify-full'])
    expect(await refusalOf(urlOf(plain, `sslmode=${mode}`))).toMatch(sentence);
  expect(await cipherOf(urlOf(plain, 'sslmode=disable'), trusting(ours))).toBeNull();
});

test('a server that wants TLS says so to whoever comes without', async () => {
  expect(await refusalOf(urlOf(postgres))).toMatch(/takes no connection of this user without TLS; set sslmode$/);
});

test('a mode in which the server would choose is refused', () => {
  for (const mode of ['prefer', 'allow', 'verify'])
    expect(() => open(urlOf(postgres, `sslmode=${mode}`))).toThrow(
      /^DATABASE_URL has an sslmode that is not supported/,
    );
});

test('a server that asks for a client certificate is shown one', async () => {
  expect(await cipherOf(urlOf(mutual), showing(ours, ours))).not.toBeNull();
  const { certFile, keyFile } = ours.client;
  const parameters = `sslmode=verify-full&sslcert=${certFile}&sslkey=${keyFile}`;
  expect(await cipherOf(urlOf(mutual, parameters), trusting(ours))).not.toBeNull();
});

test('a server that is shown no client certificate, or one of another authority, refuses in one sentence', async () => {
  expect(await refusalOf(urlOf(mutual), trusting(ours))).toMatch(
    /asks for a client certificate: PARLEY_DATABASE_CERT_FILE/,
  );
  expect(await refusalOf(urlOf(mutual), showing(foreign, ours))).toMatch(
    /^DATABASE_URL: PostgreSQL at [^\n]+ ended the TLS handshake/,
  );
});

test('certificates that were renewed on disk are read without a restart', async () => {
  const mine = makeCertificates();
  undo.push(mine.remove);
  const database = open(urlOf(mutual), showing(mine, mine));
  await expect(database.ping()).rejects.toThrow();
  for (const part of ['caFile', 'certFile', 'keyFile'] as const) copyFileSync(ours.client[part], mine.client[part]);
  await database.ping();
});
