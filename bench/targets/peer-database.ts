import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { requireFsync } from './require-fsync.js';

/** A PostgreSQL that runs, in which each system has a database of its own. */
export interface PeerDatabase {
  readonly url: string;
  readonly pid: number;
}

/** Resolves with the URL of the new database. */
export const createDatabase = async (serverUrl: string): Promise<string> => {
  const name = `peer_${randomBytes(4).toString('hex')}`;
  await withClient(serverUrl, async (client) => {
    await requireFsync(client);
    await client.query(`create database ${name}`);
  });
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.toString();
};

/** The messages that a peer has stored. */
export const countMessages = async (url: string): Promise<number> => {
  const { rows } = await withClient(url, (client) => client.query<{ count: string }>('select count(*) from messages'));
  return Number(rows[0]?.count);
};

const withClient = async <Result>(url: string, use: (client: pg.Client) => Promise<Result>): Promise<Result> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
};
