import { randomUUID } from 'node:crypto';
import type { AccountId, DialectName, Realm } from '@parley/contracts';
import { eventually } from '@parley/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { anonymous, bearer, givenAuth, system } from './testing/fixtures.js';
import type { GivenAuth } from './testing/fixtures.js';

let given: GivenAuth;
beforeAll(async () => {
  given = await givenAuth({ PARLEY_SESSIONS_PER_ACCOUNT: '5' });
});
afterAll(() => given[Symbol.asyncDispose]());

const minuteMs = 60_000;
const rows = async (table: string, where: Record<string, unknown> = {}): Promise<number> =>
  Number((await given.database.knex(table).where(where).count('* as n').first())?.['n']);

const device = async (): Promise<AccountId> => {
  const name = { kind: 'device' as const, handle: randomUUID(), name: 'a device' };
  return (await given.client.account.register(name, anonymous('swifty', 'swifty'))).id;
};
const issue = (accountId: AccountId, dialect: DialectName = 'swifty', realm: Realm = 'swifty') =>
  given.client.token.issue({ accountId, dialect }, system(realm));

describe('sessions of an account', () => {
  test('are capped: the oldest ends, and that is published as a revocation', async () => {
    const first = await given.person();
    const grants = [first];
    for (let n = 0; n < 6; n += 1) {
      given.clock.advance(1_000);
      grants.push({ ...(await given.signIn(first.username)), username: first.username });
    }
    const ended = grants.slice(0, 2).map(({ sessionId }) => sessionId);
    await eventually(() => {
      const published = given.published.filter((event) => event.accountId === first.account.id);
      expect(published.map((event) => 'sessionId' in event && [event.sessionId, event.why])).toEqual(
        ended.map((sessionId) => [sessionId, 'revoked']),
      );
    });
    for (const grant of grants.slice(0, 2)) {
      await expect(given.client.account.me({}, bearer(grant))).rejects.toMatchObject({ reason: 'session_ended' });
      const refresh = given.client.token.refresh({ refreshToken: grant.refreshToken }, anonymous());
      await expect(refresh).rejects.toMatchObject({ reason: 'session_ended' });
    }
    for (const grant of grants.slice(2)) await given.client.account.me({}, bearer(grant));
    await expect(given.client.session.list({}, bearer(grants.at(-1)!))).resolves.toHaveLength(5);
    const { sessions } = await given.client.token.revocations({ since: new Date(0).toISOString() }, system());
    expect(sessions.map(({ sessionId }) => sessionId)).toEqual(expect.arrayContaining(ended));
  });

  test('are capped for a device that registers again and again; its newest token is good', async () => {
    const id = await device();
    for (let n = 0; n < 20; n += 1) {
      given.clock.advance(10);
      await issue(id);
    }
    const last = await issue(id);
    expect(await rows('sessions', { account_id: id, ended_at: null })).toBe(5);
    await given.client.account.me({}, bearer(last, 'swifty'));
  });

  test('that open at once are a few too many at most, until the next one', async () => {
    const id = await device();
    await Promise.all(Array.from({ length: 30 }, () => issue(id)));
    given.clock.advance(10);
    const last = await issue(id);
    expect(await rows('sessions', { account_id: id, ended_at: null })).toBe(5);
    await given.client.account.me({}, bearer(last, 'swifty'));
  });
});

describe('refresh tokens', () => {
  test('are stored and given only for dialects that hand them out', async () => {
    const stored = async (dialect: DialectName) => {
      const realm = dialect === 'v1' ? 'main' : dialect;
      const username = `ada-${randomUUID().slice(0, 8)}`;
      const { id } = await given.client.account.register({ username, password: 'password' }, anonymous(dialect, realm));
      const { sessionId, refreshToken } = await issue(id, dialect, realm);
      return [await rows('refresh_tokens', { session_id: sessionId }), refreshToken !== ''];
    };
    for (const dialect of ['v1', 'rooms', 'fluent'] as const) expect(await stored(dialect)).toEqual([1, true]);
    for (const dialect of ['swifty', 'mesh', 'conversations'] as const) {
      expect(await stored(dialect)).toEqual([0, false]);
    }
  });

  test('of one session are bounded, used ones with it; the newest still rotates', async () => {
    const { sessionId, refreshToken } = await given.person();
    await given.database.knex.raw(
      `insert into refresh_tokens (hash, session_id, successor, status, created_at, rotated_at, expires_at)
       select sha256(n::text::bytea), :sessionId, sha256((n + 1)::text::bytea), 'rotated', t, t, t + interval '30 days'
       from (select n, timestamptz '2020-01-01' + n * interval '1 second' as t from generate_series(1, 1005) n) old`,
      { sessionId },
    );
    const { refreshToken: second } = await given.client.token.refresh({ refreshToken }, anonymous());
    await given.client.token.refresh({ refreshToken: second }, anonymous());
    expect(await rows('refresh_tokens', { session_id: sessionId })).toBeLessThanOrEqual(1_001);
    await expect(given.client.token.refresh({ refreshToken }, anonymous())).rejects.toMatchObject({
      reason: 'refresh_reused',
    });
  });
});

describe('the sweep', () => {
  const many = (accountId: AccountId) =>
    given.database.knex.raw(
      `insert into sessions (id, realm, account_id, dialect, created_at, refreshed_at, expires_at, access_expires_at, ended_at, ended_why)
       select gen_random_uuid(), 'swifty', :accountId, 'swifty', :now, :now, :later, :now, :now, 'revoked' from generate_series(1, 12000)`,
      { accountId, now: new Date(given.clock.now()), later: new Date(given.clock.now() + 30 * 24 * 60 * minuteMs) },
    );

  test('goes on until nothing is left, and takes an ended session once its last access token has expired', async () => {
    const id = await device();
    const grants = [];
    for (let n = 0; n < 7; n += 1) {
      given.clock.advance(10);
      grants.push(await issue(id));
    }
    await many(id);
    given.clock.advance(1_000);
    await given.service.sweep();
    // Ended sessions whose access token is still valid, and live sessions.
    expect(await rows('sessions', { account_id: id })).toBe(7);
    given.clock.advance(61 * minuteMs);
    await given.service.sweep();
    expect(await rows('sessions', { account_id: id })).toBe(5);
    await given.client.account.me({}, bearer(grants.at(-1)!, 'swifty'));
  });

  test('finds what it takes by an index', async () => {
    const plan = async (condition: string): Promise<string> => {
      const knex = given.database.knex;
      return knex.transaction(async (tx) => {
        await tx.raw('set local enable_seqscan = off');
        const { rows: lines } = await tx.raw<{ rows: { 'QUERY PLAN': string }[] }>(`explain ${condition}`);
        return lines.map((line) => line['QUERY PLAN']).join('\n');
      });
    };
    // Which of the two depends on when the table was last analyzed.
    expect(await plan('select id from sessions where ended_at is not null and access_expires_at < now()')).toMatch(
      /sessions_ended(_access)? /,
    );
    expect(await plan('select id from sessions where expires_at < now() and access_expires_at < now()')).toMatch(
      /sessions_expiry|sessions_ended_access/,
    );
    for (const table of ['tickets', 'refresh_tokens']) {
      expect(await plan(`select hash from ${table} where expires_at < now()`)).toContain(`${table}_expiry`);
    }
  });
});
