import { fillSqlite, type OldDatabase, postgresWith } from './databases.js';
import { hashes } from './hashes.js';
import { inserts, type Rows } from './rows.js';

/** As the migrations of the Fluent backend make them; `time` is `timestamptz` on PostgreSQL and `datetime` on SQLite. */
const tables = (key: string, time: string): string => `
  create table users (
    id ${key} primary key, user_name varchar unique, email varchar unique, password varchar, public_key varchar not null,
    created_at ${time}
  );
  create table messages (
    id ${key} primary key, sender_id integer, receiver_id integer, receiver_encrypted varchar, sender_encrypted varchar,
    message_type varchar, timestamp ${time}, is_read boolean
  );
  create table attachments (
    id ${key} primary key, message_id integer, file_name varchar, file_type varchar, file_url varchar, encryption_key varchar
  );`;

export interface FluentRows {
  readonly users: Rows['rows'];
  readonly messages: Rows['rows'];
  readonly attachments?: Rows['rows'];
}

const rowsOf = ({ users, messages, attachments = [] }: FluentRows): string =>
  inserts([
    { table: 'users', columns: 'id, user_name, email, password, public_key, created_at', rows: users },
    {
      table: 'messages',
      columns: 'id, sender_id, receiver_id, receiver_encrypted, sender_encrypted, message_type, timestamp, is_read',
      rows: messages,
    },
    { table: 'attachments', columns: 'id, message_id, file_name', rows: attachments },
  ]);

/** `zone`: of the database, which must not matter: the times have one. */
export const makeFluentDatabase = (rows: FluentRows, zone?: string): Promise<OldDatabase> =>
  postgresWith(tables('serial', 'timestamptz') + rowsOf(rows), zone);

/** Times are UTC there, without a zone. */
export const makeFluentFile = (file: string, rows: FluentRows): void =>
  fillSqlite(file, tables('integer', 'datetime') + rowsOf(rows).replaceAll(/(\.\d+|:\d\d)\+00'/g, "$1'"));

const message = (id: number, sender: number, receiver: number, text: string, time: string) =>
  [id, sender, receiver, `for ${receiver}: ${text}`, `for ${sender}: ${text}`, 'text', time, false] as const;

export const fluentRows: FluentRows = {
  users: [
    [1, 'ada@example.com', 'ada@example.com', hashes['fluent-ada'], 'key of ada', '2025-05-01 10:00:00.123456+00'],
    [2, 'bob', 'bob@example.com', hashes['fluent-bob'], 'key of bob', '2025-05-01 10:00:01+00'],
    [4, 'cleo', 'cleo@example.com', hashes['fluent-cleo'], 'key of cleo', '2025-05-01 10:00:02+00'],
  ],
  messages: [
    message(1, 1, 2, 'first', '2025-05-02 10:00:00.000001+00'),
    message(2, 2, 1, 'second', '2025-05-02 10:00:00.000002+00'),
    message(3, 4, 1, 'third', '2025-05-02 10:00:01+00'),
    message(5, 1, 1, 'a note', '2025-05-02 10:00:03+00'),
    message(6, 1, 4, 'earlier by its time', '2025-05-02 09:00:00.5+00'),
    message(7, 1, 2, 'last', '2025-05-02 10:00:04+00'),
  ],
};
