import { randomUUID } from 'node:crypto';
import { inProcessBus } from '@parley/bus';
import { Fault } from '@parley/contracts';
import type { AccountId, SessionId } from '@parley/contracts';
import { createLog } from '@parley/runtime';
import { eventually, fakeClock } from '@parley/testing';
import jwt from 'jsonwebtoken';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { coreOver } from '../core.js';
import { claimsOf, createSigner, createTokenAuthority, epoch, serveAuth, sign } from '../testing/signers.js';
import { createPrincipals } from './principal.js';

const log = createLog({ service: 'test', level: 'silent' });
const rooms = { dialect: 'rooms' as const, realms: ['rooms'] };
const closers: (() => Promise<void> | void)[] = [];
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval'] }));
afterEach(async () => {
  vi.useRealTimers();
  for (const close of closers.splice(0).reverse()) await close();
});

const setUp = async ({ serving = true, knowsTime = true } = {}) => {
  const bus = inProcessBus({ log });
  closers.push(() => bus.drain());
  const clock = fakeClock(epoch);
  const authority = createTokenAuthority(clock.now);
  const start = () => serveAuth(bus, authority.answers);
  let stopAuth = serving ? (await start()).stop : async () => undefined;
  const principals = await createPrincipals({
    bus,
    core: coreOver(bus),
    log,
    ...(knowsTime && { clock: clock.now }),
    monotonic: clock.now,
  });
  closers.push(() => principals.stop());
  const authenticate = (token: string, expected = rooms as { dialect: 'rooms' | 'v1'; realms: string[] }) =>
    principals.authenticate({ kind: 'token', token }, expected);
  return {
    ...authority,
    bus,
    clock,
    principals,
    authenticate,
    signer: authority.state.signers[0]!,
    startAuth: async () => void (stopAuth = (await start()).stop),
    stopAuth: () => stopAuth(),
  };
};
const reason = (slug: string) => expect.objectContaining({ reason: slug });

describe('an access token', () => {
  test("is judged by the time of auth, whatever this host's clock says", async () => {
    // Auth's time in this test is months away from that of the host.
    const { authenticate, principals, signer, clock } = await setUp({ knowsTime: false });
    await expect(authenticate(sign(signer, claimsOf()))).resolves.toBeDefined();
    expect(Math.abs(principals.now() - clock.now())).toBeLessThan(5_000);
    const expired = sign(signer, { ...claimsOf(), exp: Math.floor(epoch / 1000) - 60 });
    await expect(authenticate(expired)).rejects.toEqual(reason('token_expired'));
  });

  test('proves the account that it names until it expires', async () => {
    const { authenticate, signer, clock } = await setUp();
    const claims = claimsOf();
    const proof = await authenticate(sign(signer, claims));
    expect(proof).toEqual({
      expiresAt: claims.exp * 1000,
      principal: {
        kind: 'account',
        realm: 'rooms',
        dialect: 'rooms',
        accountId: claims.sub,
        number: 1,
        handle: 'ada',
        name: 'Ada',
        sessionId: claims.sid,
      },
    });
    clock.advance(3_600_000);
    await expect(authenticate(sign(signer, claims))).rejects.toEqual(reason('token_expired'));
  });

  test('that has expired still says who somebody was, where only that is asked, and lets nobody in', async () => {
    const { authenticate, principals, signer, clock } = await setUp();
    const claims = claimsOf();
    const token = sign(signer, claims);
    clock.advance(10 * 60 * 60 * 1000);
    expect((await principals.authenticateExpired(token, rooms)).principal.accountId).toBe(claims.sub);
    await expect(authenticate(token)).rejects.toEqual(reason('token_expired'));
    const elsewhere = { dialect: 'v1' as const, realms: ['rooms'] };
    await expect(principals.authenticateExpired(token, elsewhere)).rejects.toEqual(reason('invalid_token'));
    await expect(principals.authenticateExpired(`${token}x`, rooms)).rejects.toEqual(reason('invalid_token'));
  });

  test('that has expired says nothing once its session has ended or is unknown to auth, nor while auth cannot be asked', async () => {
    const { principals, signer, clock, state, stopAuth } = await setUp();
    const claims = claimsOf();
    const token = sign(signer, claims);
    await expect(principals.authenticateExpired(token, rooms)).resolves.toBeDefined();
    clock.advance(10 * 60 * 60 * 1000);
    await expect(principals.authenticateExpired(token, rooms)).resolves.toBeDefined();
    // Auth no longer reports it, because none of its tokens can be valid.
    state.gone.add(claims.sid);
    await expect(principals.authenticateExpired(token, rooms)).rejects.toEqual(reason('session_ended'));
    state.gone.clear();
    await stopAuth();
    await expect(principals.authenticateExpired(token, rooms)).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('of another dialect or realm is refused, also when it was proved where it belongs before', async () => {
    const { authenticate, signer } = await setUp();
    const token = sign(signer, claimsOf());
    await authenticate(token);
    await expect(authenticate(token, { dialect: 'v1', realms: ['rooms'] })).rejects.toEqual(reason('invalid_token'));
    await expect(authenticate(token, { dialect: 'rooms', realms: ['main'] })).rejects.toEqual(reason('invalid_token'));
    await expect(authenticate(token, { dialect: 'rooms', realms: ['main', 'rooms'] })).resolves.toBeDefined();
  });

  test.each([
    ['nothing', ''],
    ['not a token', 'a.b.c'],
    ['very long', 'a'.repeat(5_000)],
    [
      'a payload that is no JSON',
      `${Buffer.from('{"typ":"JWT","alg":"RS256","kid":"one"}').toString('base64url')}.AAAA.AAAA`,
    ],
  ])('that is %s is refused', async (_, token) => {
    const { authenticate } = await setUp();
    await expect(authenticate(token)).rejects.toEqual(reason('invalid_token'));
  });

  test('with another algorithm, issuer, signature or form is refused', async () => {
    // Before any call to auth: generating a key blocks this process, longer than the deadline of a call on a busy machine.
    const forged = createSigner('one');
    const { authenticate, signer } = await setUp();
    const hmac = jwt.sign(claimsOf(), 'secret', { algorithm: 'HS256', keyid: 'one' });
    // The published key as an HMAC secret: the classic confusion.
    const confused = jwt.sign(claimsOf(), JSON.stringify(signer.jwk), { algorithm: 'HS256', keyid: 'one' });
    const none = jwt.sign(claimsOf(), '', { algorithm: 'none', header: { alg: 'none', kid: 'one' } });
    const bad = [
      hmac,
      confused,
      none,
      sign(forged, claimsOf()),
      sign(signer, claimsOf({ iss: 'somebody' })),
      sign(signer, claimsOf({ aud: 'nothing' })),
      sign(signer, claimsOf({ sub: 'not-an-id' })),
      sign({ ...signer, kid: 'never' }, claimsOf()),
    ];
    for (const token of bad) await expect(authenticate(token)).rejects.toEqual(reason('invalid_token'));
  });
});

describe('an ended session', () => {
  test('is refused as soon as the event is received, and listeners are notified once', async () => {
    const { authenticate, signer, bus, principals } = await setUp();
    const claims = claimsOf();
    const token = sign(signer, claims);
    await authenticate(token);
    const onRevoked = vi.fn();
    principals.onRevoked(onRevoked);
    const event = {
      name: 'session.revoked' as const,
      realm: 'rooms',
      accountId: claims.sub as AccountId,
      sessionId: claims.sid as SessionId,
      why: 'signed_out' as const,
    };
    bus.publish(event, [{ kind: 'account', id: claims.sub }]);
    bus.publish(event, [{ kind: 'account', id: claims.sub }]);
    vi.useRealTimers();
    await eventually(() => expect(onRevoked).toHaveBeenCalledWith({ sessionId: claims.sid, why: 'signed_out' }));
    await expect(authenticate(token)).rejects.toEqual(reason('session_ended'));
    expect(onRevoked).toHaveBeenCalledTimes(1);
  });

  test('is refused within 40 s when the event was lost, and its listeners are notified', async () => {
    const { authenticate, signer, state, principals, clock } = await setUp();
    const claims = claimsOf();
    const token = sign(signer, claims);
    await authenticate(token);
    const onRevoked = vi.fn();
    principals.onRevoked(onRevoked);
    state.ended.push({ sessionId: claims.sid as SessionId, endedAt: new Date(clock.now()).toISOString() });
    clock.advance(36_000);
    await vi.advanceTimersByTimeAsync(36_000);
    vi.useRealTimers();
    await eventually(() => expect(onRevoked).toHaveBeenCalledWith({ sessionId: claims.sid, why: 'revoked' }));
    await expect(authenticate(token)).rejects.toEqual(reason('session_ended'));
    // The next pull overlaps the previous one a little.
    expect(Date.parse(state.pulls.at(-1)!)).toBe(epoch - 60_000);
  });

  test('of before this gateway started is known from its first proof on', async () => {
    const { authenticate, signer, state, startAuth } = await setUp({ serving: false });
    const claims = claimsOf();
    state.ended.push({ sessionId: claims.sid as SessionId, endedAt: new Date(epoch - 3_600_000).toISOString() });
    await startAuth();
    await eventually(() => expect(authenticate(sign(signer, claims))).rejects.toEqual(reason('session_ended')));
  });
});

describe('keys', () => {
  test('that are new are fetched at the first token signed with them, unknown ones at most once in 5 s', async () => {
    const { authenticate, state, signer, clock } = await setUp();
    await authenticate(sign(signer, claimsOf()));
    const two = createSigner('two');
    state.signers.push(two);
    clock.advance(5_001);
    await expect(authenticate(sign(two, claimsOf()))).resolves.toBeDefined();
    const calls = state.keyCalls;
    for (let n = 0; n < 20; n += 1) {
      await expect(authenticate(sign({ ...two, kid: `forged-${n}` }, claimsOf()))).rejects.toEqual(
        reason('invalid_token'),
      );
    }
    expect(state.keyCalls).toBe(calls);
  });

  test('stay good while auth is away; a key that cannot be looked up is no wrong key', async () => {
    const { authenticate, signer, stopAuth, clock } = await setUp();
    await authenticate(sign(signer, claimsOf()));
    await stopAuth();
    await expect(authenticate(sign(signer, claimsOf()))).resolves.toBeDefined();
    clock.advance(5_001);
    const unknown = sign(createSigner('later'), claimsOf());
    await expect(authenticate(unknown)).rejects.toMatchObject({ code: 'unavailable', retryAfterMs: 1_000 });
    await expect(authenticate(unknown)).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('that were never there make every proof unavailable, until auth answers', async () => {
    const { authenticate, principals, signer, startAuth, clock } = await setUp({ serving: false });
    const token = sign(signer, claimsOf());
    await expect(authenticate(token)).rejects.toMatchObject({ code: 'unavailable', retryAfterMs: 1_000 });
    await expect(principals.keys()).rejects.toMatchObject({ code: 'unavailable' });
    await startAuth();
    clock.advance(300);
    await expect(authenticate(token)).resolves.toBeDefined();
    await expect(principals.keys()).resolves.toEqual({ keys: [signer.jwk] });
  });
});

test('who starts before auth waits for it, and no longer than agreed', async () => {
  const { principals, authenticate, signer, startAuth, clock } = await setUp({ serving: false });
  await principals.settled(0);
  const token = sign(signer, claimsOf());
  await expect(authenticate(token)).rejects.toMatchObject({ code: 'unavailable' });
  const settled = principals.settled(10_000);
  await startAuth();
  clock.advance(300);
  await settled;
  await expect(authenticate(token)).resolves.toBeDefined();
});

describe('a ticket', () => {
  test('is redeemed in the realm that it names, or the wire’s own, and nowhere else', async () => {
    const { principals, answers } = await setUp({ serving: false });
    const bus = inProcessBus({ log });
    closers.push(() => bus.drain());
    const seen: unknown[] = [];
    const redeem = (input: { ticket: string }, { principal }: { principal: { realm: string; dialect: 'v1' } }) => {
      seen.push(principal.realm);
      if (input.ticket !== 'good') throw new Fault('unauthenticated', 'ticket_invalid', 'No');
      const { sub, sid, num, hdl, name } = claimsOf();
      const ids = { accountId: sub, sessionId: sid, number: num, handle: hdl };
      const { realm, dialect } = principal;
      return Promise.resolve({
        principal: { kind: 'account', realm, dialect, name, ...ids },
        expiresAt: new Date(epoch + 60_000).toISOString(),
      });
    };
    await serveAuth(bus, { ...answers, 'ticket.redeem': redeem });
    const own = await createPrincipals({ bus, core: coreOver(bus), log, clock: () => epoch });
    closers.push(() => own.stop());
    const expected = { dialect: 'v1' as const, realms: ['main', 'lab'] };
    const proof = await own.authenticate({ kind: 'ticket', ticket: 'good' }, expected);
    expect(proof).toMatchObject({ expiresAt: epoch + 60_000, principal: { realm: 'main' } });
    await own.authenticate({ kind: 'ticket', ticket: 'good', realm: 'lab' }, expected);
    await expect(own.authenticate({ kind: 'ticket', ticket: 'good', realm: 'other' }, expected)).rejects.toEqual(
      reason('ticket_invalid'),
    );
    await expect(own.authenticate({ kind: 'ticket', ticket: 'bad' }, expected)).rejects.toEqual(
      reason('ticket_invalid'),
    );
    expect(seen).toEqual(['main', 'lab', 'main']);
    principals.stop();
  });
});

test('random ids are not remembered for a wrong reason', async () => {
  const { authenticate, signer } = await setUp();
  const first = sign(signer, claimsOf({ jti: randomUUID() }));
  await authenticate(first);
  // One character of the signature changed is another token.
  const changed = first.slice(0, -2) + (first.endsWith('AA') ? 'BB' : 'AA');
  await expect(authenticate(changed)).rejects.toEqual(reason('invalid_token'));
});
