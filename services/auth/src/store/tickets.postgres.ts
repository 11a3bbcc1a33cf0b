import { AccountPrincipal } from '@parley/contracts';
import { type Database, query } from '@parley/postgres';
import type { Tickets } from './tickets.js';

interface TicketRow {
  principal: unknown;
  access_expires_at: Date;
}

export const postgresTickets = (database: Database): Tickets => ({
  add: ({ hash, principal, expiresAt }) =>
    query(database, 'tickets.add', async (knex) => {
      await knex('tickets').insert({
        hash,
        session_id: principal.sessionId,
        realm: principal.realm,
        dialect: principal.dialect,
        principal: JSON.stringify(principal),
        expires_at: expiresAt,
      });
    }),
  redeem: ({ hash, realm, dialect, now }) =>
    query(database, 'tickets.redeem', async (knex) => {
      const { rows } = await knex.raw<{ rows: TicketRow[] }>(
        `delete from tickets t using sessions s
         where t.hash = :hash and t.realm = :realm and t.dialect = :dialect and t.expires_at > :now
           and s.id = t.session_id and s.ended_at is null
         returning t.principal, s.access_expires_at`,
        { hash, realm, dialect, now },
      );
      const row = rows[0];
      return row ? { principal: AccountPrincipal.parse(row.principal), accessExpiresAt: row.access_expires_at } : null;
    }),
});
