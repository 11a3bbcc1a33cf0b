// Section 2, the bus: a process with the password of one service makes calls, events and answers that are not its own.
import { randomUUID } from 'node:crypto';
import { answerPrefix, type BusUserName, busUserNames } from '@parley/contracts';
import { headers as natsHeaders, type PublishOptions } from 'nats';
import { check, figure } from '../proof/figures.js';
import { clients } from '../fuzz/clients.js';
import { asEveryUser, claimsOf, ordinaryTraffic } from './bus-setup.js';
import {
  borrowedNames,
  callHeaders,
  callsOf,
  logged,
  operations,
  permissionsOf,
  subjectOf,
  systemOf,
  watchBus,
} from './bus-users.js';
import { becomes } from './network.js';
import type { Attack } from './setup.js';

const kinds = ['channel', 'account', 'network', 'session'];
const eventNames = [
  ...new Set(busUserNames.flatMap((user) => permissionsOf(user).publishes.map((route) => route.replace(/@.*/, '')))),
];
const eventsNotOf = (user: BusUserName, id: string): string[] =>
  eventNames.flatMap((name) =>
    kinds
      .filter((kind) => !permissionsOf(user).publishes.some((route) => route === `${name}@${kind}`))
      .map((kind) => `evt.${name}.${kind}.${id}`),
  );
const callsNotOf = (user: BusUserName): string[] => {
  const own = new Set(callsOf(user));
  return operations.filter((operation) => !own.has(operation)).map(subjectOf);
};

/** Calls that a user does not make, in every service's name, events that it does not own, and answers to other users' calls. */
export const busForgery: Attack = async ({ stack, url, sql }) => {
  const mark = randomUUID();
  const victim = await clients.v1.user(url);
  const { accountId, realm, sid: sessionId } = claimsOf(victim.token);
  const held = () =>
    sql<{ sessions: number; memberships: number }>(
      `select (select count(*)::int from auth.sessions where account_id = $1 and ended_at is null) as sessions,
              (select count(*)::int from topics.members where account_id = $1) as memberships`,
      [accountId],
    ).then(([counts]) => counts);
  const before = await held();
  const inboxes: string[] = [];
  const control = await watchBus(stack, ({ headers, reply }) => {
    if (reply?.startsWith('_INBOX.') && inboxes.length < 50) inboxes.push(reply);
    return headers?.get('X-Attack') === mark;
  });
  await ordinaryTraffic(url);
  await control.arrived();
  const body = JSON.stringify({
    accountId,
    realm,
    sessionId,
    channelId: victim.channelId,
    dialect: 'v1',
    ids: [accountId],
  });
  const tried = { calls: 0, events: 0, answers: 0 };
  const [refused, answered]: [string[], string[]] = [[], []];
  await asEveryUser(stack, async (users) => {
    for (const each of users) {
      const { nc, user } = each;
      const reply = `_INBOX.${user}.${mark}`;
      nc.subscribe(reply, { callback: (_error, { data }) => answered.push(`${user} ${Buffer.from(data).toString()}`) });
      const publish = (kind: keyof typeof tried, subject: string, options: PublishOptions): void => {
        nc.publish(subject, body, options);
        tried[kind] += 1;
      };
      for (const subject of callsNotOf(user))
        for (const name of busUserNames)
          publish('calls', subject, { reply, headers: callHeaders(systemOf(name, realm), mark) });
      const marked = natsHeaders();
      marked.set('X-Attack', mark);
      for (const subject of eventsNotOf(user, accountId)) publish('events', subject, { headers: marked });
      // Inboxes of the gateways and of others, where other services answer; a user's own replicas are not foreign to it.
      for (const inbox of new Set(inboxes)) {
        const [, caller, service] = inbox.split('.');
        if (caller !== user && service !== permissionsOf(user).serves) publish('answers', inbox, { headers: marked });
      }
      refused.push(...(await each.refused()));
    }
  });
  const arrived = await control.arrived();
  await control.stop();
  const total = tried.calls + tried.events + tried.answers;
  figure('forged: calls, events, answers tried', `${tried.calls}, ${tried.events}, ${tried.answers}`);
  figure('refused of all', `${refused.length} of ${total}`);
  figure(
    'accepted',
    `${arrived.length} ${arrived
      .slice(0, 5)
      .map(({ subject }) => subject)
      .join('; ')}`,
  );
  figure('answers read', answered.length);
  check('forgery: answers of others’ calls were tried too', tried.answers > 0);
  check('forgery: every one is refused', refused.length === total);
  check('forgery: none is accepted', arrived.length === 0);
  check('forgery: none is answered', answered.length === 0);
  check(
    'forgery: the victim’s sessions and memberships are as before',
    JSON.stringify(await held()) === JSON.stringify(before),
  );
};

/** Calls that a user may make, in the name of a service that never makes them. */
export const busBorrowedNames: Attack = async ({ stack }) => {
  const mark = randomUUID();
  const [tried, accepted]: [string[], string[]] = [[], []];
  await asEveryUser(stack, (users) =>
    Promise.all(
      users.flatMap(({ nc, user }) =>
        borrowedNames(user).map(async ({ operation, name }) => {
          tried.push(operation);
          const [service = ''] = operation.split('.', 1);
          const reply = `${answerPrefix(user, service, mark)}${tried.length}`;
          const options = { timeout: 20_000, headers: callHeaders(systemOf(name)), noMux: true, reply };
          const { headers } = await nc.request(subjectOf(operation), '{}', options);
          const fault = headers?.get('X-Parley-Fault') ?? '';
          if (!fault.includes('"system_only"')) accepted.push(`${user} as ${name}: ${operation} ${fault}`);
        }),
      ),
    ),
  );
  figure('own calls in a borrowed name: tried, refused', `${tried.length}, ${tried.length - accepted.length}`);
  for (const one of accepted.slice(0, 10)) console.log(`    ${one}`);
  check('borrowed names: system is refused in each', tried.length > 0 && accepted.length === 0);
};

/** Calls whose answer would be an event, another call or a question to the server: a service must not publish for its caller. */
export const busDivertedAnswers: Attack = async ({ stack }) => {
  const replies = [`evt.account.deleted.account.${randomUUID()}`, 'rpc.topics.member.remove', '$SYS.REQ.SERVER.PING'];
  const control = await watchBus(stack, ({ subject }) => replies.includes(subject));
  const text = 'its answer would not go to an inbox';
  const before = logged(stack, '', text);
  const dropped = () => logged(stack, '', text) - before;
  let tried = 0;
  await asEveryUser(stack, async (users) => {
    for (const { nc, user } of users)
      // Not the call that is watched for.
      for (const subject of callsOf(user)
        .map(subjectOf)
        .filter((each) => !replies.includes(each)))
        for (const reply of replies) {
          nc.publish(subject, '{}', { reply, headers: callHeaders(systemOf(user)) });
          tried += 1;
        }
    await Promise.all(users.map(({ nc }) => nc.flush()));
  });
  const allDropped = await becomes(() => dropped() === tried, 10_000);
  const published = (await control.arrived()).length;
  await control.stop();
  figure('calls to be answered elsewhere: tried, dropped, published', `${tried}, ${dropped()}, ${published}`);
  check('diverted answers: every call is dropped, nothing is published', allDropped && published === 0);
};
