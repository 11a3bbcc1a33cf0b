import { expect, test } from 'vitest';
import { bodyOf, operationsOf, type Operation, requiredOf } from './operations.js';
import { journeyOnOne } from './platforms.js';
import { type Answer, ask, unique } from '../clients/http.js';
import { newRoom, roomsUser } from '../clients/rooms.js';
import { as, v1User } from '../clients/v1.js';

const nobody = '00000000-0000-4000-8000-00000000dead';
const notUtf8 = Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0xfe, 0x22, 0x7d]);
/** What belongs inside: files, stacks, statements, names of drivers and tables. */
const inside =
  /\.[jt]s:\d+|node_modules|\n {1,8}at |insert into|select .+ from|relation "|violates|pg_|knex|ECONN|nats:/i;

type Body = string | Uint8Array<ArrayBuffer>;
interface Request {
  readonly what: string;
  readonly operation: Operation;
  readonly path: string;
  readonly body?: Body;
  readonly headers?: Record<string, string>;
  readonly token?: string | undefined;
}

const ask1 = async (url: string, { operation, path, body, headers, token }: Request) => {
  const response = await fetch(url + path, {
    method: operation.method,
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }), ...headers },
    ...(body !== undefined && { body }),
  });
  return { status: response.status, text: await response.text() };
};

/** Who is no member is no member afterwards: to take out somebody who is not in succeeds. */
const mayBeDone = ({ method, path }: Operation, status: number): boolean =>
  status === 204 && method === 'DELETE' && path.includes('/members/');

/** A few at a time; whoever is answered wrongly is named. */
const expectRefused = async (url: string, requests: readonly Request[]): Promise<void> => {
  const wrong: string[] = [];
  const open = [...requests];
  const work = async (): Promise<void> => {
    for (let next = open.pop(); next; next = open.pop()) {
      const { status, text } = await ask1(url, next);
      const isRefused = status >= 400 && status < 500 && status !== 429;
      if ((isRefused || mayBeDone(next.operation, status)) && !inside.test(text)) continue;
      wrong.push(`${next.operation.name}, ${next.what}: ${status} ${text.slice(0, 200)}`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
  expect(wrong).toEqual([]);
};

interface Setting {
  readonly operations: readonly Operation[];
  readonly token: string;
  /** For the places of a path: ids that exist and may be used. */
  readonly ids: Readonly<Record<string, string>>;
  /** In every text that a body brings, so that what was stored is found. */
  readonly word: string;
}

const filled = ({ path }: Operation, ids: Readonly<Record<string, string>>): string =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(ids[name] ?? 'x'));

const wrongValues: readonly [string, unknown][] = [
  ['null', null],
  ['an array', [[]]],
  ['an object', { a: { b: 1 } }],
  ['true', true],
  ['a huge number', 1e300],
  ['a negative number', -1],
  ['nothing in it', ''],
  ['too long', 'x'.repeat(20_000)],
  ['U+0000', 'a\0b'],
];

/** A room's name may be empty, as at the old server. */
const wrongValuesOf = (operation: Operation, name: string) =>
  wrongValues.filter(([, value]) => value !== '' || operation.name !== 'POST /api/rooms' || name !== 'name');

/** Bodies that no operation takes. */
const badBodies = ({ operations, token, ids, word }: Setting): Request[] =>
  operations.flatMap((operation) => {
    if (!operation.body) return [];
    const path = filled(operation, ids);
    const required = requiredOf(operation);
    const raw: [string, Body][] = [
      ['not JSON', '{"a":'],
      ['no JSON at all', 'hello'],
      ['not UTF-8', notUtf8],
      ['a list', '[]'],
      ['a text', '"hello"'],
      ['deep nesting', `{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`],
      ['deep nesting without an end', '{"a":'.repeat(20_000)],
      ['a body too large', JSON.stringify({ a: 'x'.repeat(1_000_000) })],
      ['a lone surrogate and U+0000', '{"\\ud800":"\\u0000"}'],
    ];
    const sound = bodyOf(operation, word, ids);
    const changed = required.flatMap((name) => [
      ...wrongValuesOf(operation, name).map(([what, value]): [string, Body] => [
        `${name} is ${what}`,
        JSON.stringify({ ...sound, [name]: value }),
      ]),
      [`${name} is missing`, JSON.stringify({ ...sound, [name]: undefined })] as [string, Body],
    ]);
    const optional = required.length === 0;
    return [...raw.filter(([what]) => !optional || what !== 'deep nesting'), ...changed].map(([what, body]) => ({
      ...{ what, operation, path, body },
      token: operation.needsToken ? token : undefined,
    }));
  });

const badTokens = ({ operations, ids, word }: Setting): Request[] =>
  operations
    .filter(({ needsToken }) => needsToken)
    .flatMap((operation) => {
      const path = filled(operation, ids);
      const body = operation.body ? { body: JSON.stringify(bodyOf(operation, word, ids)) } : {};
      return [undefined, 'nonsense', 'a.b.c', 'x'.repeat(5_000), 'eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.'].map(
        (token) => ({
          ...{ what: `token ${token?.slice(0, 10)}`, operation, path, token },
          ...body,
        }),
      );
    });

const badPaths = ({ operations, token, ids, word }: Setting): Request[] =>
  operations.flatMap((operation) =>
    operation.pathNames.flatMap((name) =>
      ['x', '%00', '%ff', '..%2f..', '%3E', '-1', '1e3', '9'.repeat(400), `${nobody}%20`, nobody].map((odd) => ({
        ...{ what: `${name} is ${odd.slice(0, 40)}`, operation, token },
        path: filled({ ...operation, path: operation.path.replace(`{${name}}`, '@') }, ids).replace('@', odd),
        ...(operation.body && { body: JSON.stringify(bodyOf(operation, word, ids)) }),
      })),
    ),
  );

const badQueries = ({ operations, token, ids }: Setting): Request[] =>
  operations.flatMap((operation) =>
    operation.queryNames.flatMap((name) =>
      [`${name}=%00`, `${name}=${'9'.repeat(400)}`, `${name}=1&${name}=2&${name}=x`].map((query) => ({
        ...{ what: query.slice(0, 40), operation, token },
        path: `${filled(operation, ids)}?${query}`,
      })),
    ),
  );

const all = (setting: Setting): Request[] => [
  ...badBodies(setting),
  ...badTokens(setting),
  ...badPaths(setting),
  ...badQueries(setting),
];

const rowsOf = ({ body }: Answer, name: string) => (body as Record<string, unknown[]>)[name];

journeyOnOne('bad input over REST is refused and leaves nothing', ({ url, otherUrl }) => {
  test('on every operation of v1', async () => {
    const user = await v1User(url);
    const call = as(url, user);
    const word = unique('bad');
    const made = await call('POST /channels', { kind: 'group', title: 'ours' });
    const { id } = made.body as { id: string };
    await call(`POST /channels/${id}/messages`, { clientId: 'a', content: { type: 'text', text: 'here before' } });
    const operations = await operationsOf(url, 'v1');
    expect(operations.length).toBeGreaterThan(20);
    const state = async () => ({
      channel: (await call(`GET /channels/${id}`)).body,
      history: (await call(`GET /channels/${id}/messages`)).body,
      members: (await call(`GET /channels/${id}/members`)).body,
      channels: rowsOf(await call('GET /channels?joined=true'), 'channels'),
      inbox: (await call('GET /inbox')).body,
      me: (await call('GET /me')).body,
      accounts: rowsOf(await call(`GET /accounts?contains=${word}`), 'accounts'),
    });
    const before = await state();
    await expectRefused(otherUrl, all({ operations, token: user.token, ids: { id, accountId: user.id }, word }));
    expect(await state()).toEqual(before);
  }, 120_000);

  test('on every operation of v1, what belongs to somebody else', async () => {
    const [ada, eve] = [await v1User(url), await v1User(url, 'eve')];
    const call = as(url, ada);
    const made = await call('POST /channels', { kind: 'group', title: 'ours' });
    const { id: group } = made.body as { id: string };
    const { body } = await call('POST /directs', { accountId: ada.id });
    const { id: direct } = body as { id: string };
    const operations = (await operationsOf(url, 'v1')).filter(({ pathNames }) => pathNames.includes('id'));
    expect(operations.length).toBeGreaterThan(8);
    const state = async () => ({
      sessions: rowsOf(await call('GET /sessions'), 'sessions'),
      group: (await call(`GET /channels/${group}`)).body,
      members: (await call(`GET /channels/${group}/members`)).body,
      history: (await call(`GET /channels/${group}/messages`)).body,
      own: (await call(`GET /channels/${direct}/messages`)).body,
    });
    const before = await state();
    const foreign = operations.filter(({ path }) => path !== '/v1/accounts/{id}');
    const withId = (id: string) =>
      foreign.map((operation) => ({
        ...{ what: 'foreign id', operation, token: eve.token },
        path: filled(operation, { id, accountId: eve.id }),
        ...(operation.body && {
          body: JSON.stringify({ ...bodyOf(operation, 'x'), ...(/messages$/.test(operation.path) && message) }),
        }),
      }));
    const message = { clientId: 'x', content: { type: 'text', text: 'x' } };
    await expectRefused(otherUrl, [...withId(group), ...withId(direct), ...withId(ada.grant.sessionId)]);
    expect(await state()).toEqual(before);
  });

  test('on every operation of rooms', async () => {
    const user = await roomsUser(url);
    const room = await newRoom(url, user);
    const word = unique('bad');
    const operations = await operationsOf(url, 'rooms');
    expect(operations.length).toBeGreaterThan(9);
    const state = async () => {
      const { body } = await ask('GET', `${url}/api/rooms`, { token: user.token });
      return {
        history: (await ask('GET', `${url}/api/messages/${room.id}`, { token: user.token })).body,
        rooms: (body as { name: string }[]).filter(({ name }) => name.includes(word)),
        room: (await ask('GET', `${url}/api/rooms/${room.id}`, { token: user.token })).body,
        me: (await ask('GET', `${url}/api/auth/me`, { token: user.token })).body,
      };
    };
    const before = await state();
    await expectRefused(otherUrl, all({ operations, token: user.token, ids: { room_id: String(room.id) }, word }));
    expect(await state()).toEqual(before);
  }, 120_000);
});
