import pg from 'pg';

export interface OldDatabase {
  readonly url: string;
  /** By conversation, the ids of its messages in the order in which the old server showed them, as a digest. */
  orders(): Promise<Map<number, string>>;
}

export interface OldCounts {
  readonly users: number;
  readonly conversations: number;
  readonly messages: number;
}

export const oldPassword = 'correct horse';
/** Of that password, as the old server hashed it. */
const hashed = '$argon2id$v=19$m=65536,t=3,p=4$THZX51fkM9o0BHczkfFuFw$d5o22LSnVSbMFu5HOLQ23rxNSpYTuICF6GRroQqLRgE';

const schema = `
  create type userrole as enum ('USER', 'ADMIN');
  create table "user" (
    id serial primary key, email varchar(255) unique, username varchar(50) unique, first_name varchar(100),
    last_name varchar(100), hashed_password varchar(255), role userrole, is_active boolean, created_at timestamp
  );
  create table conversation (id serial primary key, title varchar(255), created_at timestamp);
  create table conversation_participants (
    id serial primary key, user_id integer references "user", conversation_id integer references conversation, joined_at timestamp
  );
  create table message (
    id serial primary key, content text, sender_id integer references "user", conversation_id integer references conversation,
    created_at timestamp
  );`;

/** Messages of a minute share their second, and some their microsecond, so that ids decide their order too. */
const fill = ({ users, conversations, messages }: OldCounts): string => `
  insert into "user" (email, username, first_name, last_name, hashed_password, role, is_active, created_at)
    select 'user' || n || '@example.com', 'user' || n, 'First', 'Last', '${hashed}', 'USER', true,
           timestamp '2023-01-01' + n * interval '1 second'
      from generate_series(1, ${users}) n;
  insert into conversation (title, created_at)
    select 'Conversation ' || n, timestamp '2023-02-01' + n * interval '1 second' from generate_series(1, ${conversations}) n;
  insert into conversation_participants (user_id, conversation_id, joined_at)
    select 1 + (n * 7 + k * 131) % ${users}, n, timestamp '2023-02-02'
      from generate_series(1, ${conversations}) n, generate_series(0, least(9, ${users} - 1)) k;
  insert into message (content, sender_id, conversation_id, created_at)
    select 'message ' || n || repeat(' and more', n % 9), 1 + (c * 7 + (n % least(10, ${users})) * 131) % ${users}, c,
           timestamp '2023-03-01' + (n - n % 7) * interval '1 second' + (n % 3) * interval '123457 microseconds'
      from generate_series(1, ${messages}) n, lateral (select 1 + (n::bigint * 48271 % ${conversations})::integer as c) r;`;

/** A database of the old server of conversations on this PostgreSQL, filled in the server itself. */
export const makeOldDatabase = async (serverUrl: string, counts: OldCounts): Promise<OldDatabase> => {
  await withClient(serverUrl, (client) => client.query('create database old_conversations'));
  const url = new URL(serverUrl);
  url.pathname = '/old_conversations';
  await withClient(url.toString(), async (client) => {
    await client.query(schema);
    await client.query(fill(counts));
    await client.query('analyze');
  });
  return {
    url: url.toString(),
    orders: () =>
      withClient(url.toString(), async (client) => {
        const { rows } = await client.query<{ number: number; digest: string }>(
          `select conversation_id as number, md5(string_agg(id::text, ',' order by created_at, id)) as digest
             from message group by conversation_id`,
        );
        return new Map(rows.map(({ number, digest }) => [number, digest]));
      }),
  };
};

export const withClient = async <T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};
