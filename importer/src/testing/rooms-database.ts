import { fillSqlite } from './databases.js';
import { hashes } from './hashes.js';
import { inserts, type Rows } from './rows.js';

/** As SQLAlchemy makes them for the rooms chat backend. */
const tables = `
  create table users (
    id integer not null, username varchar not null, hashed_password varchar not null, refresh_token text,
    refresh_token_expires datetime, created_at datetime default current_timestamp, primary key (id)
  );
  create unique index ix_users_username on users (username);
  create index ix_users_id on users (id);
  create table chat_rooms (
    id integer not null, name varchar not null, created_at datetime default current_timestamp, primary key (id)
  );
  create table messages (
    id integer not null, content varchar, message_type varchar, file_url varchar, file_name varchar, file_size integer,
    mime_type varchar, timestamp datetime default current_timestamp, room_id integer not null, sender_id integer not null,
    primary key (id), foreign key(room_id) references chat_rooms (id), foreign key(sender_id) references users (id)
  );`;

/** Later databases have these too. */
const laterTables = `
  create table message_reactions (
    id integer not null, message_id integer not null, user_id integer not null, reaction_type varchar not null,
    created_at datetime default current_timestamp, updated_at datetime, primary key (id),
    constraint unique_user_message_reaction unique (message_id, user_id)
  );
  create table message_reads (
    id integer not null, message_id integer not null, user_id integer not null, read_at datetime default current_timestamp,
    primary key (id)
  );`;

export interface RoomsRows {
  readonly users: Rows['rows'];
  readonly rooms: Rows['rows'];
  readonly messages: Rows['rows'];
  readonly reactions?: Rows['rows'];
  readonly reads?: Rows['rows'];
}

const tablesOf = ({ users, rooms, messages, reactions = [], reads = [] }: RoomsRows): Rows[] => [
  {
    table: 'users',
    columns: 'id, username, hashed_password, refresh_token, refresh_token_expires, created_at',
    rows: users,
  },
  { table: 'chat_rooms', columns: 'id, name, created_at', rows: rooms },
  {
    table: 'messages',
    columns: 'id, content, message_type, file_url, file_name, file_size, mime_type, timestamp, room_id, sender_id',
    rows: messages,
  },
  { table: 'message_reactions', columns: 'id, message_id, user_id, reaction_type, created_at', rows: reactions },
  { table: 'message_reads', columns: 'id, message_id, user_id, read_at', rows: reads },
];

/** An SQLite file with these rows, as the rooms chat backend would have left it. */
export const makeRoomsDatabase = (file: string, rows: RoomsRows): void =>
  fillSqlite(file, `${tables}${laterTables}${inserts(tablesOf(rows))}`);

/** One of before reactions, reads and files, whose columns come in another order. */
export const makeEarlyRoomsDatabase = (file: string): void =>
  fillSqlite(
    file,
    `create table users (hashed_password varchar not null, username varchar not null, id integer not null, primary key (id));
     create table chat_rooms (name varchar not null, id integer not null, primary key (id));
     create table messages (sender_id integer, room_id integer, timestamp datetime, content varchar, id integer primary key);
     insert into users values ('${hashes.admin123}', 'admin', 1);
     insert into chat_rooms values ('General', 1);
     insert into messages values (1, 1, '2023-01-02 03:04:05', 'hello', 1);`,
  );

const text = (id: number, content: string, time: string, room: number, sender: number) =>
  [id, content, 'text', null, null, null, null, time, room, sender] as const;

/** What a small server holds. `token` is a refresh token of user1 (43 characters, as `secrets.token_urlsafe(32)` makes them). */
export const roomsToken = 'Zk3mYd0c7r1Qw8xP5tLb2nVhJ6sGf9aRe4uKoTiXyWE';

export const roomsRows: RoomsRows = {
  users: [
    [1, 'admin', hashes.admin123, null, null, '2024-01-01 08:00:00'],
    [2, 'user1', hashes.password123, roomsToken, '2999-01-01 00:00:00.250000', '2024-01-01 08:00:01'],
    [3, 'user2', hashes.password123, 'an old token', '2024-01-09 00:00:00', '2024-01-01 08:00:02'],
    [7, 'Zoë', hashes['Straße 7'], null, null, '2024-02-03 04:05:06.789012'],
  ],
  rooms: [
    [1, 'General', '2024-01-01 08:00:00'],
    [2, 'Random', '2024-01-01 08:00:00'],
    [3, 'Tech Talk', '2024-01-01 08:00:00'],
    [5, 'General', '2024-03-01 10:00:00'],
    [9, '', '2024-03-02 10:00:00'],
  ],
  messages: [
    text(1, 'Hello, world!', '2024-01-01 12:00:00', 1, 1),
    text(2, 'Hi admin', '2024-01-01 12:00:00', 1, 2),
    text(4, 'Written later, by a clock that was behind', '2024-01-01 11:59:59', 1, 3),
    text(5, 'Anybody here? 👋', '2024-01-01 12:00:01', 2, 2),
    [
      6,
      'See the plan',
      'text_with_document',
      '/api/files/1f0c2b3a-0000-4000-8000-000000000001.pdf',
      'plan.pdf',
      20,
      'application/pdf',
      '2024-01-02 09:00:00',
      1,
      7,
    ],
    [
      7,
      null,
      'image',
      '/api/images/1f0c2b3a-0000-4000-8000-000000000002.png',
      'cat.png',
      4,
      'image/png',
      '2024-01-02 09:00:01',
      1,
      7,
    ],
    text(8, 'Nice cat', '2024-01-02 09:00:02', 1, 1),
    text(12, 'After a gap', '2024-01-02 09:00:03.5', 5, 2),
  ],
  reactions: [
    [1, 7, 1, '👍', '2024-01-02 09:00:03'],
    [2, 7, 2, '❤', '2024-01-02 09:00:04'],
  ],
  reads: [
    // admin has read everything of General but the last two; user1 all but message 8; Zoë one message, not the first.
    [1, 4, 1, '2024-01-01 12:30:00'],
    [2, 2, 1, '2024-01-01 12:30:00'],
    [3, 4, 2, '2024-01-02 10:00:00'],
    [4, 1, 2, '2024-01-02 10:00:00'],
    [5, 6, 2, '2024-01-02 10:00:00'],
    [6, 7, 2, '2024-01-02 10:00:00'],
    [7, 2, 7, '2024-01-02 10:00:00'],
  ],
};
