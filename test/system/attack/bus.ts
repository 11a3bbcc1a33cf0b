// Section 2, the bus: a process with the password of one service, or with none, reads or ends what is not its own.
import { type BusUserName, busUserNames } from '@parley/contracts';
import { connect, type ConnectionOptions, type Msg, type NatsError } from 'nats';
import { check, figure } from '../proof/figures.js';
import { at } from '../proof/random.js';
import { clients } from '../fuzz/clients.js';
import { asEveryUser, claimsOf, ordinaryTraffic, password } from './bus-setup.js';
import {
  credentialsOf,
  logged,
  operations,
  permissionsOf,
  rawUser,
  services,
  subjectOf,
  watchBus,
} from './bus-users.js';
import { ask, becomes } from './network.js';
import type { Attack } from './setup.js';

/** What `user` may not subscribe to: everything at once, others' calls (also in their queue group), others' answers, others' events. */
const foreignSubscriptions = (user: BusUserName): (string | { subject: string; queue: string })[] => [
  ...['>', '*.>', 'rpc.>', 'rpc.*.>', 'rpc.*.*.*', '_INBOX.>', '_INBOX.*.>', '$SYS.>', '$SRV.>', 'evt.>', 'evt.*.*.>'],
  ...busUserNames.filter((name) => name !== user).map((name) => `_INBOX.${name}.>`),
  ...operations.map(subjectOf),
  ...Object.keys(services).map((service) => `rpc.${service}.>`),
  ...Object.keys(services)
    .filter((service) => service !== permissionsOf(user).serves)
    .flatMap((service) => [
      { subject: `rpc.${service}.>`, queue: service },
      { subject: `rpc.${service}.>`, queue: user },
    ]),
  { subject: 'rpc.auth.token.signIn', queue: user === 'auth' ? 'topics' : 'auth' },
];

/** Reads what is not its own, or takes another service's calls away from it. */
export const busEavesdropping: Attack = async ({ stack, url }) => {
  const control = await watchBus(stack, ({ text }) => text.includes(password));
  const refused = new Set<string>();
  const [tried, read]: [string[], string[]] = [[], []];
  await asEveryUser(stack, async (users) => {
    for (const { user, nc } of users)
      for (const each of foreignSubscriptions(user)) {
        const { subject, queue = undefined } = typeof each === 'string' ? { subject: each } : each;
        const what = `${user}: ${subject} ${queue ?? ''}`;
        tried.push(what);
        const callback = (error: NatsError | null, message: Msg): void =>
          void (error ? refused.add(what) : read.push(`${what} ${message.subject}`));
        nc.subscribe(subject, { ...(queue !== undefined && { queue }), callback });
      }
    await Promise.all(users.map(({ nc }) => nc.flush()));
    await ordinaryTraffic(url);
    await Promise.all(users.map(({ nc }) => nc.flush()));
  });
  const passwords = (await control.arrived()).length;
  await control.stop();
  const accepted = tried.filter((what) => !refused.has(what));
  figure('foreign subscriptions tried', tried.length);
  figure('refused', refused.size);
  figure('accepted', `${accepted.length} ${accepted.slice(0, 5).join('; ')}`);
  figure('messages read by them', `${read.length} ${read.slice(0, 5).join('; ')}`);
  figure('messages with a password that the test’s own user saw', passwords);
  check('eavesdropping: the bus carried passwords meanwhile', passwords > 0);
  check('eavesdropping: no subscription is accepted', accepted.length === 0);
  check('eavesdropping: nothing is read', read.length === 0);
};

/** No password, a wrong one, another user's, a name that is none. */
export const busSignIn: Attack = async ({ stack }) => {
  const { servers } = credentialsOf(stack.nats.url);
  const passOf = (user: BusUserName): string => credentialsOf(stack.nats.urlOf(user)).pass;
  const attempts: ConnectionOptions[] = [
    {},
    { token: 'x' },
    ...['', 'root', 'admin', 'nats', 'sys', 'parley', '*', '>'].map((user) => ({ user, pass: passOf('gateway') })),
    ...busUserNames.flatMap((user, n) => [
      { user },
      { user, pass: '' },
      { user, pass: user },
      { user, pass: 'parley' },
      { user, pass: `${passOf(user)} ` },
      { user, pass: passOf(user).slice(0, -1) },
      { user: user.toUpperCase(), pass: passOf(user) },
      { user, pass: passOf(at(busUserNames, n + 1)) },
    ]),
  ];
  const [accepted, other]: [string[], string[]] = [[], []];
  for (const attempt of attempts) {
    try {
      const nc = await connect({ servers, reconnect: false, ...attempt });
      accepted.push(attempt.user ?? 'anonymous');
      await nc.close();
    } catch (error) {
      if (!/authorization/i.test(String(error))) other.push(String(error));
    }
  }
  figure(
    'sign-ins to the bus tried, refused, accepted',
    `${attempts.length}, ${attempts.length - accepted.length - other.length}, ${accepted.length}`,
  );
  check('sign-in: each is refused by the server as not authorized', accepted.length === 0 && other.length === 0);
};

/** auth's own user, which may report deletions, reports living accounts: who hears of it asks auth and removes nothing. */
export const forgedDeletion: Attack = async ({ stack, url, sql }) => {
  const [member, agent] = [await clients.v1.user(url), await clients.mesh.user(url)];
  const victims = [member, agent].map(({ token }) => claimsOf(token));
  const held = async () => {
    const ids = [victims.map(({ accountId }) => accountId)];
    const count = (table: string) =>
      sql<{ n: number }>(`select count(*)::int as n from ${table} where account_id = any($1)`, ids);
    const tables = ['topics.members', 'signaling.members', 'signaling.leases'];
    const counts = tables.map(async (table) => [table, (await count(table))[0]?.n ?? NaN] as const);
    return new Map(await Promise.all(counts));
  };
  const memberships = (counts: ReadonlyMap<string, number>): number => counts.get('topics.members') ?? NaN;
  const before = await held();
  const { nc } = await rawUser(stack, 'auth');
  for (const { accountId, realm } of victims)
    nc.publish(
      `evt.account.deleted.account.${accountId}`,
      JSON.stringify({ name: 'account.deleted', realm, accountId }),
    );
  await nc.flush();
  await nc.close();
  const noticed = await becomes(
    () =>
      ['topics-', 'signaling-'].every((prefix) =>
        victims.every(
          ({ accountId }) => logged(stack, prefix, accountId, 'An account that exists was reported as deleted') === 1,
        ),
      ),
    10_000,
  );
  const after = await held();
  figure('memberships and addresses before and after', `${JSON.stringify([...before])} ${JSON.stringify([...after])}`);
  check('forged deletion: both services noticed that the accounts exist', noticed);
  check(
    'forged deletion: nothing is removed',
    [...before].every(([table, n]) => n > 0 && after.get(table) === n),
  );
  const { status } = await ask(url, 'GET', `/v1/channels/${member.channelId}`, { token: member.token });
  check('forged deletion: the account works as before', status === 200);
  const gone = await ask(url, 'DELETE', '/v1/me', { token: member.token, body: { password: 'correct horse' } });
  const left = await becomes(async () => memberships(await held()) < memberships(before), 10_000);
  check('a deletion that auth made does remove them', gone.status === 204 && left);
};
