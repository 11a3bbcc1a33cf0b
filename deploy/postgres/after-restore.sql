-- Run this once after a dump was restored, as the owner of the tables, before services start (docs/operations.md, Back up and restore).
--
-- Clients remember how far they have read each stream. What was written after the dump is lost, and its sequences must not be given to
-- other entries: a client that has seen them would take the new entries for known ones. So every stream goes on far beyond the sequences
-- that were given out, and a client that comes back with an older one gets a `reset`: it reads what there is, and what comes next.
-- Running it twice is harmless. docs/adr/0062-compose-profiles-and-backups.md gives the reasons.
do $$
begin
  if not exists (
    select from pg_attribute where attrelid = to_regclass('chat.streams') and attname = 'uncounted' and not attisdropped
  ) then
    raise notice 'This dump is older than 0.2.0: let this version migrate it, then run this file before clients connect.';
    return;
  end if;
  update chat.streams set head = head + 1000000000, uncounted = uncounted + 1000000000;
  update chat.inboxes set head = head + 1000000000;
  -- Numbers of messages in the old dialects, and versions that clients and gateways compare.
  perform setval(pg_get_serial_sequence('chat.entries', 'number'), (select coalesce(max(number), 0) + 1000000 from chat.entries));
  update topics.channels set membership_version = membership_version + 1000000;
  update auth.accounts set preferences_version = preferences_version + 1000000;
  update signaling.networks set peers_version = peers_version + 1000000;
end
$$;
