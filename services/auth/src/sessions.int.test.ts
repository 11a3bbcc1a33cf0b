import { randomUUID } from 'node:crypto';
import { SessionId } from '@parley/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GivenAuth, anonymous, bearer, givenAuth, password, system } from './testing/fixtures.js';

let given: GivenAuth;
beforeAll(async () => {
  given = await givenAuth();
});
afterAll(() => given[Symbol.asyncDispose]());

const dayMs = 24 * 60 * 60_000;
const ended = { code: 'unauthenticated', reason: 'session_ended' };

describe('session', () => {
  test('list gives the living ones of the caller, newest first', async () => {
    const first = await given.person();
    given.clock.advance(1_000);
    const second = await given.signIn(first.username);
    given.clock.advance(1_000);
    const third = await given.signIn(first.username);
    await given.person();
    await given.client.session.end({ sessionId: second.sessionId }, bearer(first));
    const listed = await given.client.session.list({}, bearer(first));
    expect(listed.map((session) => session.id)).toEqual([third.sessionId, first.sessionId]);
    expect(listed[0]).toMatchObject({ accountId: first.account.id, dialect: 'v1' });
  });

  test('without an id the session that speaks ends, and ending it twice is ending it', async () => {
    const grant = await given.person();
    await given.client.session.end({}, bearer(grant));
    await given.client.session.end({}, bearer(grant));
    await expect(given.client.session.list({}, bearer(grant))).rejects.toMatchObject(ended);
    await expect
      .poll(() => given.published)
      .toContainEqual(expect.objectContaining({ sessionId: grant.sessionId, why: 'signed_out', realm: 'main' }));
  });

  test("another's session and an unknown one are not found", async () => {
    const [mine, theirs] = [await given.person(), await given.person()];
    for (const sessionId of [theirs.sessionId, SessionId.parse(randomUUID())]) {
      await expect(given.client.session.end({ sessionId }, bearer(mine))).rejects.toMatchObject({
        code: 'not_found',
        reason: 'session_not_found',
      });
    }
    await expect(given.client.account.me({}, bearer(theirs))).resolves.toBeTruthy();
  });

  test('endOthers ends all sessions but its own, and publishes each end', async () => {
    const grant = await given.person();
    const others = [await given.signIn(grant.username), await given.signIn(grant.username)];
    await expect(given.client.session.endOthers({}, bearer(grant))).resolves.toEqual({ ended: 2 });
    await expect(given.client.session.endOthers({}, bearer(grant))).resolves.toEqual({ ended: 0 });
    for (const { sessionId } of others) {
      await expect.poll(() => given.published).toContainEqual(expect.objectContaining({ sessionId, why: 'revoked' }));
    }
    await expect(given.client.session.list({}, bearer(grant))).resolves.toHaveLength(1);
  });

  test('a token that outlived its session ends no other session and opens nothing', async () => {
    const thief = await given.person();
    const owner = await given.signIn(thief.username);
    await given.client.session.end({ sessionId: thief.sessionId }, bearer(owner));
    const { client } = given;
    const refused = async (attempt: Promise<unknown>) => expect(attempt).rejects.toMatchObject(ended);
    await refused(client.session.endOthers({}, bearer(thief)));
    await refused(client.session.end({ sessionId: owner.sessionId }, bearer(thief)));
    await refused(client.account.changePassword({ current: password, next: 'mine now' }, bearer(thief)));
    await refused(client.account.delete({ password }, bearer(thief)));
    await refused(client.ticket.issue({}, bearer(thief)));
    await refused(client.account.me({}, bearer(thief)));
    await expect(client.account.me({}, bearer(owner))).resolves.toBeTruthy();
  });

  test.each(['list', 'end', 'endOthers'] as const)('%s asks for somebody signed in', async (verb) => {
    for (const [caller, code] of [
      [anonymous(), 'unauthenticated'],
      [system(), 'forbidden'],
    ] as const)
      await expect(given.client.session[verb]({}, caller)).rejects.toMatchObject({ code });
  });
});

describe('ticket', () => {
  const redeem = (ticket: string, caller = anonymous()) => given.client.ticket.redeem({ ticket }, caller);
  const invalid = { code: 'unauthenticated', reason: 'ticket_invalid' };

  test('opens once, for whom it was issued', async () => {
    const grant = await given.person();
    const { ticket, expiresAt } = await given.client.ticket.issue({}, bearer(grant));
    expect(Date.parse(expiresAt) - given.clock.now()).toBe(30_000);
    await expect(redeem(ticket)).resolves.toEqual({
      principal: bearer(grant).principal,
      expiresAt: grant.accessTokenExpiresAt,
    });
    await expect(redeem(ticket)).rejects.toMatchObject(invalid);
  });

  test('of twenty who show it at once one gets in', async () => {
    const { ticket } = await given.client.ticket.issue({}, bearer(await given.person()));
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => redeem(ticket)));
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
  });

  test('is refused elsewhere, when expired, when made up, and when its session has ended', async () => {
    const grant = await given.person();
    const issue = async () => (await given.client.ticket.issue({}, bearer(grant))).ticket;
    const ticket = await issue();
    await expect(redeem(ticket, anonymous('rooms'))).rejects.toMatchObject(invalid);
    await expect(redeem(ticket, anonymous('v1', 'rooms'))).rejects.toMatchObject(invalid);
    await expect(redeem('pt_made-up')).rejects.toMatchObject(invalid);
    given.clock.advance(30_000);
    await expect(redeem(ticket)).rejects.toMatchObject(invalid);
    const second = await issue();
    await given.client.session.end({}, bearer(grant));
    await expect(redeem(second)).rejects.toMatchObject(invalid);
  });

  test('is issued to accounts only', async () => {
    await expect(given.client.ticket.issue({}, anonymous())).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(given.client.ticket.redeem({ ticket: 'x' }, system())).rejects.toMatchObject({ code: 'forbidden' });
  });
});

describe('the sweep', () => {
  test('takes away what nobody can use any more and leaves the rest', async () => {
    const old = await given.person();
    const { ticket } = await given.client.ticket.issue({}, bearer(old));
    given.clock.advance(31 * dayMs);
    const fresh = await given.person();
    await given.service.sweep();
    const count = async (table: string) => Number((await given.database.knex(table).count('* as n').first())?.['n']);
    await expect(count('tickets')).resolves.toBe(0);
    await expect(count('sessions')).resolves.toBe(1);
    await expect(count('refresh_tokens')).resolves.toBe(1);
    await expect(given.client.account.me({}, bearer(fresh))).resolves.toBeTruthy();
    await expect(redeemAgain(ticket)).rejects.toMatchObject({ reason: 'ticket_invalid' });
  });

  const redeemAgain = (ticket: string) => given.client.ticket.redeem({ ticket }, anonymous());
});
