import { type OldDatabase, postgresWith } from './databases.js';
import { hashes } from './hashes.js';
import { inserts, type Rows } from './rows.js';

/** As SQLAlchemy makes them for the conversations backend; its other tables are not read. */
const tables = `
  create type userrole as enum ('USER', 'ADMIN');
  create table "user" (
    id serial primary key, email varchar(255) unique, username varchar(50) unique, first_name varchar(100),
    last_name varchar(100), hashed_password varchar(255), role userrole, is_active boolean, created_at timestamp default now()
  );
  create table conversation (id serial primary key, title varchar(255), created_at timestamp default now());
  create table conversation_participants (
    id serial primary key, user_id integer, conversation_id integer, joined_at timestamp default now()
  );
  create table message (
    id serial primary key, content text, sender_id integer, conversation_id integer, created_at timestamp default now()
  );
  create table post (id serial primary key, content text);
  insert into post (content) values ('not moved');`;

export interface ConversationsRows {
  readonly users: Rows['rows'];
  readonly conversations: Rows['rows'];
  readonly participants: Rows['rows'];
  readonly messages: Rows['rows'];
}

export const makeConversationsDatabase = (rows: ConversationsRows, zone = 'Europe/Berlin'): Promise<OldDatabase> =>
  postgresWith(
    tables +
      inserts([
        {
          table: '"user"',
          columns: 'id, email, username, first_name, last_name, hashed_password, role, is_active, created_at',
          rows: rows.users,
        },
        { table: 'conversation', columns: 'id, title, created_at', rows: rows.conversations },
        {
          table: 'conversation_participants',
          columns: 'id, user_id, conversation_id, joined_at',
          rows: rows.participants,
        },
        { table: 'message', columns: 'id, content, sender_id, conversation_id, created_at', rows: rows.messages },
      ]),
    zone,
  );

const user = (id: number, name: string, hash: string, role: string | null = 'USER', active = true) =>
  [id, `${name}@example.com`, name, name.toUpperCase(), 'Smith', hash, role, active, '2025-07-01 12:00:00.5'] as const;

/** Times are those of Berlin: two hours before UTC in July, one in December. */
export const conversationsRows: ConversationsRows = {
  users: [
    user(1, 'testuser', hashes.TestPassword123),
    user(2, 'testuser2', hashes.TestPassword123, null),
    user(3, 'admin', hashes.AdminPassword123, 'ADMIN'),
    user(4, 'alice', hashes['alice-password']),
    user(8, 'gone', hashes['gone-password'], 'USER', false),
  ],
  conversations: [
    [1, 'Roommate Chat', '2025-07-01 12:00:00.123456'],
    [2, 'Study Group', '2025-12-01 12:00:00'],
    [5, 'Left alone', '2025-12-02 12:00:00'],
  ],
  participants: [
    [1, 1, 1, '2025-07-01 12:00:00.123456'],
    [2, 2, 1, '2025-07-01 12:00:01'],
    [3, 2, 2, '2025-12-01 12:00:00'],
    [4, 1, 2, '2025-12-01 12:00:01'],
    [5, 3, 2, '2025-12-01 12:00:02'],
    [6, 1, 2, '2025-12-01 12:00:03'],
    [7, 8, 1, '2025-12-01 12:00:04'],
  ],
  messages: [
    [1, 'Did you buy milk?', 1, 1, '2025-07-02 00:30:00.000001'],
    [2, 'Yes', 2, 1, '2025-07-02 00:30:00.000002'],
    [3, 'Chapter 4 on Monday', 2, 2, '2025-12-01 13:00:00'],
    [5, null, 1, 2, '2025-12-01 13:00:02'],
    [6, 'Earlier by its time', 3, 2, '2025-12-01 12:59:59.999999'],
    [7, 'From a user who is inactive now', 8, 1, '2025-07-02 00:31:00'],
  ],
};
