import { inProcessBus, type Bus } from '@parley/bus';
import {
  auth,
  contract,
  signaling,
  type AccountId,
  type AccountPrincipal,
  type Client,
  type OrganizationId,
  type Signaling,
} from '@parley/contracts';
import { createLog } from '@parley/runtime';
import { eventually, freshDatabase, type FreshDatabase } from '@parley/testing';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { migrations, SignalingConfig, startSignaling } from './service.js';

let database: FreshDatabase;
let bus: Bus;
const deleted = new Set<AccountId>();
let service: { stop(): Promise<void> };
let organization: Client<Signaling>['organization'];
beforeAll(async () => {
  database = await freshDatabase({ schema: 'signaling', migrations });
  bus = inProcessBus();
  const log = createLog({ service: 'signaling', level: 'fatal' });
  const { deleted: deletedOf } = auth.nouns.account;
  await bus.serve(contract('auth', { account: { deleted: deletedOf } }), {
    account: {
      deleted: async ({ ids }) => ids.filter((id) => deleted.has(id)),
    },
  });
  service = await startSignaling(SignalingConfig.parse({}), { bus, database, log });
  organization = bus.client(signaling).organization;
});
afterAll(async () => {
  await service.stop();
  await bus.drain();
  await database[Symbol.asyncDispose]();
});

const somebody = (realm = 'mesh'): { principal: AccountPrincipal } => {
  const accountId = randomUUID() as AccountId;
  const sessionId = accountId as unknown as AccountPrincipal['sessionId'];
  return {
    principal: {
      kind: 'account',
      realm,
      dialect: 'mesh',
      accountId,
      number: 1,
      handle: accountId,
      name: 'x',
      sessionId,
    },
  };
};
const nobodysId = () => randomUUID() as OrganizationId;
const gone = { code: 'not_found', reason: 'organization_not_found' };

test('of twenty requests with one creation key one makes an organization, and all get it', async () => {
  const [ada, bob] = [somebody(), somebody()];
  const wish = { name: 'Once', subnet: '10.0.0.0/24', creationKey: randomUUID() };
  const made = await Promise.all(Array.from({ length: 20 }, () => organization.create(wish, ada)));
  expect(new Set(made.map(({ id }) => id)).size).toBe(1);
  expect(await organization.list({}, ada)).toHaveLength(1);
  expect((await organization.create(wish, bob)).id).not.toBe(made[0]?.id);
  expect((await organization.create({ ...wish, creationKey: randomUUID() }, ada)).id).not.toBe(made[0]?.id);
});

describe('W2.1: one that is not open', () => {
  const needed = { code: 'forbidden', reason: 'invitation_needed' };

  test('an invitation that is asked for twice with one creation key lets one account in, with either secret', async () => {
    const [ada, bob, eve] = [somebody(), somebody(), somebody()];
    const { id } = await organization.create({ name: 'Acme', subnet: '10.0.0.0/24', open: false }, ada);
    const reference = { id };
    for (let round = 0; round < 10; round++) {
      const invitation = { reference, creationKey: randomUUID() };
      const first = await organization.invite(invitation, ada);
      const again = await organization.invite(invitation, ada);
      expect(again.expiresAt).toBe(first.expiresAt);
      const joining = [
        organization.join({ reference, secret: first.secret }, bob),
        organization.join({ reference, secret: again.secret }, eve),
      ];
      const joined = await Promise.allSettled(joining);
      expect(joined.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(joined).toContainEqual({ status: 'rejected', reason: expect.objectContaining(needed) });
      await organization.removeMember({ reference }, joined[0]?.status === 'fulfilled' ? bob : eve);
    }
    expect(await database.knex('invitation_secrets').where({ organization_id: id })).toEqual([]);
  });

  test('is joined by whoever shows the secret of an invitation, once, and by nobody else', async () => {
    const [ada, bob, eve] = [somebody(), somebody(), somebody()];
    const { id } = await organization.create({ name: 'Acme', subnet: '10.0.0.0/24', open: false }, ada);
    const reference = { id };
    const other = await organization.create({ name: 'Other', subnet: '10.0.0.0/24', open: false }, eve);
    await expect(organization.join({ reference }, bob)).rejects.toMatchObject(needed);
    await expect(organization.invite({ reference }, eve)).rejects.toMatchObject({ reason: 'not_member' });
    const { secret } = await organization.invite({ reference }, ada);
    for (const bad of ['', 'inv_guessed', `${secret}x`, secret.slice(1)]) {
      await expect(organization.join({ reference, secret: bad }, bob)).rejects.toMatchObject(needed);
    }
    await expect(organization.join({ reference: { id: other.id }, secret }, bob)).rejects.toMatchObject(needed);
    // When a member presents it, the invitation remains.
    await expect(organization.join({ reference, secret }, ada)).rejects.toMatchObject({ reason: 'already_member' });
    const both = await Promise.allSettled([bob, eve].map((who) => organization.join({ reference, secret }, who)));
    expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await expect(organization.join({ reference, secret }, somebody())).rejects.toMatchObject(needed);
  });

  test('has at most a thousand invitations that were not used, and one that is over opens nothing', async () => {
    const ada = somebody();
    const { id } = await organization.create({ name: 'Acme', subnet: '10.0.0.0/24', open: false }, ada);
    const reference = { id };
    const { secret } = await organization.invite({ reference }, ada);
    const { knex } = database;
    await knex.raw(
      `insert into invitation_secrets select sha256(n::text::bytea), ?, 'mesh', ?, clock_timestamp() + interval '1 h' from generate_series(1, 999) n`,
      [id, ada.principal.accountId],
    );
    await expect(organization.invite({ reference }, ada)).rejects.toMatchObject({ reason: 'too_many_invitations' });
    await knex.raw(
      `update invitation_secrets set expires_at = clock_timestamp() - interval '1 s' where organization_id = ?`,
      [id],
    );
    await expect(organization.join({ reference, secret }, somebody())).rejects.toMatchObject(needed);
    const { secret: next } = await organization.invite({ reference }, ada);
    await organization.join({ reference, secret: next }, somebody());
  });
});

describe('create', () => {
  test('the subnet stays as it was written, and the creator is the first member', async () => {
    const ada = somebody();
    const made = await organization.create({ name: 'Acme', subnet: '10.7.7.77/24' }, ada);
    expect(made).toMatchObject({ name: 'Acme', realm: 'mesh', createdBy: ada.principal.accountId });
    expect(made.networks).toMatchObject([{ organizationId: made.id, cidr: '10.7.7.77/24' }]);
    expect(await organization.list({}, ada)).toEqual([made]);
    const members = await organization.members({ reference: { id: made.id } }, ada);
    expect(members.map(({ accountId }) => accountId)).toEqual([ada.principal.accountId]);
  });

  test('the addresses that the subnet means are kept as numbers', async () => {
    const { networks } = await organization.create({ name: 'Top', subnet: '255.255.255.255/8' }, somebody());
    const { rows } = await database.knex.raw<{ rows: unknown[] }>(
      'select first_address::text as first, last_address::text as last from networks where id = ?',
      [networks[0]?.id ?? ''],
    );
    expect(rows).toEqual([{ first: '4278190080', last: '4294967295' }]);
  });

  test('twenty at once get twenty numbers in a row', async () => {
    const realm = 'numbers';
    const made = await Promise.all(
      Array.from({ length: 20 }, () => organization.create({ name: 'N', subnet: '10.0.0.0/24' }, somebody(realm))),
    );
    expect(made.map(({ number }) => number).sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
  });

  test('a bad subnet or name is refused and leaves nothing', async () => {
    const ada = somebody();
    for (const subnet of ['fd00::/8', '10.0.0.0/7', 'ten']) {
      await expect(organization.create({ name: 'X', subnet }, ada)).rejects.toMatchObject({
        code: 'invalid',
        reason: 'bad_subnet',
      });
    }
    await expect(organization.create({ name: '', subnet: '10.0.0.0/24' }, ada)).rejects.toMatchObject({
      code: 'invalid',
    });
    await expect(organization.create({ name: 'a\0', subnet: '10.0.0.0/24' }, ada)).rejects.toMatchObject({
      code: 'invalid',
    });
    expect(await organization.list({}, ada)).toEqual([]);
  });

  test('nobody signed in makes none, nor does Parley itself', async () => {
    const input = { name: 'X', subnet: '10.0.0.0/24' };
    const anonymous = { principal: { kind: 'anonymous' as const, realm: 'mesh', dialect: 'mesh' as const } };
    await expect(organization.create(input, anonymous)).rejects.toMatchObject({ code: 'unauthenticated' });
    const system = { principal: { kind: 'system' as const, realm: 'mesh', service: 'gateway' } };
    await expect(organization.create(input, system)).rejects.toMatchObject({ code: 'forbidden' });
  });
});

describe('list', () => {
  test('one’s own, oldest first, page by page', async () => {
    const ada = somebody();
    for (const name of ['a', 'b', 'c']) await organization.create({ name, subnet: '10.0.0.0/24' }, ada);
    const first = await organization.list({ limit: 2 }, ada);
    const rest = await organization.list({ after: first[1]?.number ?? 0 }, ada);
    expect([...first, ...rest].map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(await organization.list({}, somebody())).toEqual([]);
  });
});

describe('join', () => {
  test('by id or number; a second time is a conflict, and of twenty at once one joins', async () => {
    const made = await organization.create({ name: 'Join', subnet: '10.0.0.0/24' }, somebody());
    const [bob, cid] = [somebody(), somebody()];
    expect(await organization.join({ reference: { number: made.number } }, bob)).toEqual(made);
    const again = organization.join({ reference: { id: made.id } }, bob);
    await expect(again).rejects.toMatchObject({ code: 'conflict', reason: 'already_member' });
    const many = await Promise.allSettled(
      Array.from({ length: 20 }, () => organization.join({ reference: { id: made.id } }, cid)),
    );
    expect(many.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await organization.members({ reference: { id: made.id } }, cid)).toHaveLength(3);
  });

  test('what is not there, or in another realm, is not found', async () => {
    const made = await organization.create({ name: 'Walled', subnet: '10.0.0.0/24' }, somebody());
    await expect(organization.join({ reference: { id: nobodysId() } }, somebody())).rejects.toMatchObject(gone);
    await expect(organization.join({ reference: { number: 2 ** 31 - 1 } }, somebody())).rejects.toMatchObject(gone);
    await expect(organization.join({ reference: { id: made.id } }, somebody('other'))).rejects.toMatchObject(gone);
    await expect(organization.join({ reference: { number: 2 ** 31 } }, somebody())).rejects.toMatchObject({
      code: 'invalid',
    });
  });
});

describe('members', () => {
  test('by account id, page by page, for members only', async () => {
    const ada = somebody();
    const { id } = await organization.create({ name: 'Page', subnet: '10.0.0.0/24' }, ada);
    const others = [somebody(), somebody()];
    for (const one of others) await organization.join({ reference: { id } }, one);
    const expected = [ada, ...others].map(({ principal }) => principal.accountId).sort();
    const first = await organization.members({ reference: { id }, limit: 2 }, ada);
    const rest = await organization.members({ reference: { id }, after: first[1]?.accountId ?? '' }, ada);
    expect([...first, ...rest].map(({ accountId }) => accountId)).toEqual(expected);
    const asking = organization.members({ reference: { id } }, somebody());
    await expect(asking).rejects.toMatchObject({ code: 'forbidden', reason: 'not_member' });
    await expect(organization.members({ reference: { id } }, somebody('other'))).rejects.toMatchObject(gone);
    await expect(organization.members({ reference: { id: nobodysId() } }, ada)).rejects.toMatchObject(gone);
  });

  test('a deleted account is a member of nothing', async () => {
    const [ada, bob] = [somebody(), somebody()];
    const { id } = await organization.create({ name: 'Gone', subnet: '10.0.0.0/24' }, ada);
    await organization.join({ reference: { id } }, bob);
    const { realm, accountId } = bob.principal;
    const event = { name: 'account.deleted', realm, accountId };
    deleted.add(accountId);
    bus.publish(event, [{ kind: 'account', id: accountId }]);
    await eventually(async () => expect(await organization.members({ reference: { id } }, ada)).toHaveLength(1));
  });

  test('a forged report of a deletion removes nothing: auth is asked', async () => {
    const [ada, bob] = [somebody(), somebody()];
    const { id } = await organization.create({ name: 'Kept', subnet: '10.0.0.0/24' }, ada);
    await organization.join({ reference: { id } }, bob);
    const eve = somebody();
    await organization.join({ reference: { id } }, eve);
    for (const { principal } of [bob, eve]) {
      if (principal === eve.principal) deleted.add(principal.accountId);
      const event = { name: 'account.deleted', realm: principal.realm, accountId: principal.accountId };
      bus.publish(event, [{ kind: 'account', id: principal.accountId }]);
    }
    await eventually(async () => expect(await organization.members({ reference: { id } }, ada)).toHaveLength(2));
    const left = await organization.members({ reference: { id } }, ada);
    expect(left.map(({ accountId }) => accountId).sort()).toEqual(
      [ada.principal.accountId, bob.principal.accountId].sort(),
    );
  });
});
