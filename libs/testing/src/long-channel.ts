/** What runs a statement with named parameters (`:name`): knex, or a transaction of it. */
export interface StatementRunner {
  raw(sql: string, parameters: Readonly<Record<string, string | number>>): PromiseLike<unknown>;
}

/**
 * Lengthens a channel of one message to `entries` entries, as if its sender had sent them: the same message again and again, but each tenth
 * entry changes the message before it: by turns a reaction and an edit. Writes what chat's functions write, in statements of sets, because
 * a million sends would take an hour; times rise by a millisecond from the first message on. `entries`: a multiple of 20.
 */
export const lengthenChannel = async (
  database: StatementRunner,
  channelId: string,
  { entries }: { readonly entries: number },
): Promise<void> => {
  for (const statement of statements) await database.raw(statement, { channelId, entries });
};

const first = `(select * from chat.entries where channel_id = cast(:channelId as uuid) and sequence = 1)`;

const statements = [
  `insert into chat.entries
       (channel_id, sequence, message_sequence, realm, sender_id, sender, client_id, content, bytes, sent_at)
     select f.channel_id, n, n, f.realm, f.sender_id, f.sender, 'entry ' || n, f.content,
            f.bytes - octet_length(f.client_id) + octet_length('entry ' || n), f.sent_at + n * interval '1 ms'
       from ${first} f, generate_series(2, cast(:entries as bigint)) n
       where n % 10 <> 0`,
  `insert into chat.messages
       (channel_id, in_channel, sequence, ordinal, edits, edited_at, changed_sequence, reactions)
     select f.channel_id, true, n, n - n / 10, case when n % 20 = 19 then 1 else 0 end,
            case when n % 20 = 19 then f.sent_at + (n + 1) * interval '1 ms' end,
            case when n % 10 = 9 then n + 1 end,
            case when n % 20 = 9 then '[{"emoji": "👍", "count": 1}]'::jsonb end
       from ${first} f, generate_series(2, cast(:entries as bigint)) n
       where n % 10 <> 0`,
  `insert into chat.entries
       (channel_id, sequence, kind, message_sequence, realm, sender_id, sender, client_id, content, bytes, sent_at, detail)
     select m.channel_id, m.sequence + 1, case m.sequence % 20 when 9 then 'reaction.added' else 'message.edited' end, m.sequence,
            m.realm, m.sender_id, m.sender, 'entry ' || m.sequence + 1, '{"type": "text", "text": ""}',
            octet_length(m.sender::text) + octet_length('entry ' || m.sequence + 1) + 700, m.sent_at + interval '1 ms',
            jsonb_build_object('messageId', m.id, 'number', m.number)
              || case m.sequence % 20 when 9 then '{"emoji": "👍", "count": 1}' else '{}' end::jsonb
       from chat.entries m
       where m.channel_id = cast(:channelId as uuid) and m.sequence % 10 = 9 and m.sequence < cast(:entries as bigint)`,
  `insert into chat.reactions (channel_id, sequence, account_id, emoji, entry_sequence)
     select channel_id, message_sequence, sender_id, '👍', sequence from chat.entries
       where channel_id = cast(:channelId as uuid) and kind = 'reaction.added' and sequence <= cast(:entries as bigint)`,
  `insert into chat.message_versions (channel_id, sequence, version, content, actor, at)
     select m.channel_id, m.sequence, 1, m.content, m.sender, m.sent_at from chat.entries m
       where m.channel_id = cast(:channelId as uuid) and m.sequence % 20 = 19 and m.sequence < cast(:entries as bigint)`,
  `update chat.receipts r set sequence = cast(:entries as bigint) - 1, delivered = cast(:entries as bigint) - 1
     from ${first} f where r.channel_id = f.channel_id and r.account_id = f.sender_id`,
  `update chat.streams set head = cast(:entries as bigint), uncounted = cast(:entries as bigint) / 10
     where channel_id = cast(:channelId as uuid)`,
];
