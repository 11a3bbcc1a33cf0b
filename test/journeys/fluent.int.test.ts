import { randomBytes } from 'node:crypto';
import { eventually, openSocket } from '@parley/testing';
import { expect, test } from 'vitest';
import {
  answerToNonsense,
  chatSocket,
  fluentUser,
  messagesOf,
  newFluentUser,
  openChat,
  partner,
  sealed,
} from '../clients/fluent.js';
import { journey } from './platforms.js';
import { ask } from '../clients/http.js';

const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/) as unknown;
const socketTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/) as unknown;
const tokens = {
  access_token: expect.any(String) as unknown,
  refresh_token: expect.any(String) as unknown,
  token_type: 'Bearer',
};
const nowhere = 2_147_483_000;

journey('the fluent wire over REST, row by row', ({ url, otherUrl }) => {
  test('W3.4: register answers with exactly three keys; a taken name or e-mail is 400, a missing part 422', async () => {
    const body = newFluentUser();
    const { username, email } = body;
    const made = await ask('POST', `${url}/auth/register`, { body });
    expect([made.status, made.body]).toEqual([200, { id: expect.any(Number), username, email }]);
    const name = await ask('POST', `${otherUrl}/auth/register`, { body: { ...newFluentUser(), username } });
    expect([name.status, name.body]).toEqual([400, { detail: 'Username already taken' }]);
    const address = await ask('POST', `${url}/auth/register`, { body: { ...newFluentUser(), email } });
    expect([address.status, address.body]).toEqual([400, { detail: 'Email already taken' }]);
    for (const key of Object.keys(body)) {
      const answer = await ask('POST', `${url}/auth/register`, { body: { ...newFluentUser(), [key]: undefined } });
      expect([answer.status, answer.body]).toEqual([
        422,
        { detail: [expect.objectContaining({ loc: ['body', key] })] },
      ]);
    }
  });

  test('login answers with exactly three keys; a wrong password is 401, a form 422', async () => {
    const { username, password } = await fluentUser(url);
    const good = await ask('POST', `${otherUrl}/auth/login`, { body: { username, password } });
    expect([good.status, good.body]).toEqual([200, tokens]);
    const bad = await ask('POST', `${url}/auth/login`, { body: { username, password: 'wrong' } });
    expect([bad.status, bad.body]).toEqual([401, { detail: 'Invalid username or password' }]);
    const form = await ask('POST', `${url}/auth/login`, {
      body: new URLSearchParams({ username, password }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(form.status).toBe(422);
  });

  test('W3.2: refresh gives a new pair, the same to two at once; an access token, an unknown and a used-up one are 401', async () => {
    const { refreshToken, token } = await fluentUser(url);
    const refresh = (refresh_token: string, where = url) =>
      ask('POST', `${where}/auth/refresh`, { body: { refresh_token } });
    const [one, other] = await Promise.all([refresh(refreshToken), refresh(refreshToken, otherUrl)]);
    expect([one.status, one.body]).toEqual([200, tokens]);
    expect(other.status).toBe(200);
    const next = one.body as { access_token: string; refresh_token: string };
    expect((other.body as typeof next).refresh_token).toBe(next.refresh_token);
    expect(next.refresh_token).not.toBe(refreshToken);
    expect((await ask('GET', `${url}/chat/chat_list`, { token: next.access_token })).status).toBe(200);
    for (const bad of [token, 'nonsense']) {
      const answer = await refresh(bad);
      expect([answer.status, answer.body]).toEqual([401, { detail: 'Refresh failed' }]);
    }
    expect((await ask('POST', `${url}/auth/refresh`, { body: {} })).status).toBe(422);
    // A refresh token opens nothing, and a used-up one ends the session that somebody may have stolen.
    expect((await ask('GET', `${url}/chat/chat_list`, { token: next.refresh_token })).status).toBe(401);
    expect((await refresh(next.refresh_token)).status).toBe(200);
    expect((await refresh(refreshToken)).body).toEqual({ detail: 'Refresh failed' });
    await eventually(async () =>
      expect((await ask('GET', `${url}/chat/chat_list`, { token: next.access_token })).status).toBe(401),
    );
  });

  test('W3.3: both searches find names by a part in any case, each with exactly its keys, and without a token', async () => {
    const ada = await fluentUser(url, 'Ada');
    const part = ada.username.slice(1).toUpperCase();
    const { id, user_name, public_key } = partner(ada);
    const search = await ask('GET', `${otherUrl}/users/search?query=${part}`);
    expect([search.status, search.body]).toEqual([200, [{ id, username: user_name, user_name, public_key }]]);
    const users = await ask('GET', `${otherUrl}/auth/get_all_users?search=${part}`);
    expect([users.status, users.body]).toEqual([200, [{ id, user_name, public_key }]]);
    const all = (await ask('GET', `${url}/auth/get_all_users`)).body as object[];
    expect(all.length).toBeGreaterThan(0);
    expect(all.length).toBeLessThanOrEqual(200);
    for (const row of all) expect(Object.keys(row)).toEqual(['id', 'user_name', 'public_key']);
    expect((await ask('GET', `${url}/users/search`)).status).toBe(422);
    expect((await ask('GET', `${url}/users/search?query=${part}%25`)).body).toEqual([]);
  });

  test('W3.4: partnerinfo shows a partner; an unknown one is 404, none 422', async () => {
    const [ada, bob] = [await fluentUser(url, 'ada'), await fluentUser(url, 'bob')];
    const info = (query: string) => ask('GET', `${url}/chat/partnerinfo${query}`, { token: ada.token });
    expect((await info(`?partnerID=${bob.id}`)).body).toEqual(partner(bob));
    const unknown = await info(`?partnerID=${nowhere}`);
    expect([unknown.status, unknown.body]).toEqual([404, { detail: 'Partner does not exist' }]);
    expect((await info('')).status).toBe(422);
    expect((await info('?partnerID=bob')).status).toBe(422);
  });

  test('W3.4: all_messages: an unknown partner is 404, none 422, and looking says nothing to anybody', async () => {
    const [ada, bob] = [await fluentUser(url, 'ada'), await fluentUser(url, 'bob')];
    const all = (query: string) => ask('GET', `${url}/chat/all_messages${query}`, { token: ada.token });
    expect((await all(`?partnerID=${nowhere}`)).body).toEqual({ detail: 'Partner does not exist' });
    expect((await all(`?partnerID=${nowhere}`)).status).toBe(404);
    for (const bad of ['', '?partnerID=x', `?partnerID=${bob.id}&limit=x`, `?partnerID=${bob.id}&before=yesterday`]) {
      expect((await all(bad)).status).toBe(422);
    }
    expect((await all(`?partnerID=${bob.id}`)).body).toEqual([]);
    for (const { token } of [ada, bob]) {
      expect((await ask('GET', `${url}/chat/chat_list`, { token })).body).toEqual([]);
    }
  });

  test('no token and a bad one are 401 everywhere, never 403', async () => {
    for (const path of ['/chat/all_messages?partnerID=1', '/chat/chat_list', '/chat/partnerinfo?partnerID=1']) {
      const none = await ask('GET', `${url}${path}`);
      expect([none.status, none.body]).toEqual([401, { detail: 'Not authenticated' }]);
      const bad = await ask('GET', `${url}${path}`, { token: 'nonsense' });
      expect([bad.status, bad.body]).toEqual([401, { detail: 'Could not validate credentials' }]);
    }
  });

  test('root says that it is online', async () => {
    expect((await ask('GET', `${url}/root`)).body).toEqual({ message: 'Backend is online' });
  });
});

journey('the fluent socket, row by row', ({ url, otherUrl }) => {
  test('C1: each of the two receives its own ciphertext on every socket, with exactly these keys, and nothing comes first', async () => {
    const [ada, bob] = [await fluentUser(url, 'ada'), await fluentUser(otherUrl, 'bob')];
    using adas = await openChat(url, ada);
    using alsoAdas = await openChat(otherUrl, ada);
    using bobs = await openChat(otherUrl, bob);
    using alsoBobs = await openChat(url, bob);
    for (const socket of [adas, alsoAdas, bobs, alsoBobs]) expect(socket.received).toEqual([answerToNonsense]);
    adas.send({ ...sealed(bob, 'hello'), other: 'ignored' });
    const common = { sender_id: ada.id, receiver_id: bob.id, message_type: 'text', timestamp: socketTime };
    for (const socket of [bobs, alsoBobs]) {
      await expect(socket.waitFor(() => true)).resolves.toEqual({ ...common, content: 'receiver:hello' });
    }
    for (const socket of [adas, alsoAdas]) {
      await expect(socket.waitFor(() => true)).resolves.toEqual({ ...common, content: 'sender:hello' });
    }
    bobs.socket.send(Buffer.from(JSON.stringify(sealed(ada, 'binary'))), { binary: true });
    await expect(adas.waitFor(({ sender_id }) => sender_id === bob.id)).resolves.toMatchObject({
      receiver_id: ada.id,
      content: 'receiver:binary',
    });
    expect(adas.received).toHaveLength(3);
  });

  test('C1: what is sent to somebody who is away is kept for both, newest first, and both have it in their list', async () => {
    const [ada, bob, eve] = [
      await fluentUser(url, 'ada'),
      await fluentUser(otherUrl, 'bob'),
      await fluentUser(url, 'eve'),
    ];
    using adas = await chatSocket(url, ada);
    adas.send(sealed(bob, 'one'));
    adas.send(sealed(bob, 'two'));
    // Only what one chat holds is in one order.
    await adas.waitFor(({ content }) => content === 'sender:two');
    adas.send(sealed(eve, 'three'));
    await adas.waitFor(({ content }) => content === 'sender:three');
    const item = { sender_id: ada.id, receiver_id: bob.id, message_type: 'text', timestamp: time };
    expect(await messagesOf(otherUrl, bob, ada)).toEqual([
      { ...item, content: 'receiver:two' },
      { ...item, content: 'receiver:one' },
    ]);
    expect(await messagesOf(otherUrl, ada, bob)).toEqual([
      { ...item, content: 'sender:two' },
      { ...item, content: 'sender:one' },
    ]);
    const list = async ({ token }: { token: string }) =>
      (await ask('GET', `${otherUrl}/chat/chat_list`, { token })).body;
    expect(await list(ada)).toEqual([
      { partner: partner(eve), message: { ...item, receiver_id: eve.id, content: 'sender:three' } },
      { partner: partner(bob), message: { ...item, content: 'sender:two' } },
    ]);
    expect(await list(bob)).toEqual([{ partner: partner(ada), message: { ...item, content: 'receiver:two' } }]);
    expect(await messagesOf(url, eve, bob)).toEqual([]);
  });

  test('twenty unless limit says otherwise; before goes back page by page and misses nothing', async () => {
    const [ada, bob] = [await fluentUser(url, 'ada'), await fluentUser(url, 'bob')];
    using adas = await chatSocket(url, ada);
    const count = 50;
    for (let n = 0; n < count; n += 1) {
      adas.send(sealed(bob, String(n)));
      // The wire greets nobody; what comes before one is let in waits, up to a bound.
      if (n === 0) await adas.waitFor(() => true);
    }
    await adas.waitFor(({ content }) => content === `sender:${count - 1}`);
    const expected = Array.from({ length: count }, (_, n) => `receiver:${count - 1 - n}`);
    const contents = async (query = '') => (await messagesOf(otherUrl, bob, ada, query)).map(({ content }) => content);
    expect(await contents()).toEqual(expected.slice(0, 20));
    expect(await contents('&limit=7')).toEqual(expected.slice(0, 7));
    expect(await contents('&limit=500')).toEqual(expected);
    expect(await contents('&limit=0')).toEqual([]);
    const paged: string[] = [];
    let before = '';
    for (;;) {
      const page = await messagesOf(url, bob, ada, `&limit=8${before}`);
      const last = page.at(-1);
      if (!last) break;
      paged.push(...page.map(({ content }) => content));
      before = `&before=${encodeURIComponent(last.timestamp)}`;
    }
    expect(paged).toEqual(expected);
  });

  test('a note to oneself is received once and kept once', async () => {
    const ada = await fluentUser(url);
    using adas = await chatSocket(url, ada);
    adas.send(sealed(ada, 'note'));
    await expect(adas.waitFor(() => true)).resolves.toMatchObject({
      sender_id: ada.id,
      receiver_id: ada.id,
      content: 'sender:note',
    });
    expect(await messagesOf(url, ada, ada)).toHaveLength(1);
    expect((await ask('GET', `${url}/chat/chat_list`, { token: ada.token })).body).toMatchObject([
      { partner: partner(ada) },
    ]);
  });

  test('W3.5: errors are plain text in fixed words, the socket stays open, and nothing is kept', async () => {
    const [ada, bob] = [await fluentUser(url, 'ada'), await fluentUser(otherUrl, 'bob')];
    using adas = await chatSocket(url, ada);
    using bobs = await openChat(otherUrl, bob);
    for (const [frame, text] of [
      ['{', /^Invalid JSON format$/],
      ['[]', /^Validation error: \[/],
      [{ ...sealed(bob, 'x'), receiverID: undefined }, /^Validation error: \[/],
      [{ ...sealed(bob, 'x'), messageType: undefined }, /^Validation error: \[/],
      [{ ...sealed(bob, 'x'), sender_encrypted: 7 }, /^Validation error: \[/],
      [{ ...sealed(bob, 'x'), receiverID: nowhere }, /^Server error: Partner does not exist$/],
    ] as const) {
      adas.send(frame);
      await expect(adas.waitFor(() => true)).resolves.toEqual({ text: expect.stringMatching(text) });
    }
    adas.send(sealed(bob, 'still here'));
    await expect(bobs.waitFor(() => true)).resolves.toMatchObject({ content: 'receiver:still here' });
    expect(await messagesOf(url, ada, bob)).toHaveLength(1);
  });

  test('W3.1: without a token, with a bad one or a refresh token the socket gets the reason and is closed', async () => {
    const { refreshToken } = await fluentUser(url);
    for (const [query, text] of [
      ['', 'Not authenticated'],
      ['?token=nonsense', 'Could not validate credentials'],
      [`?token=${refreshToken}`, 'Could not validate credentials'],
    ] as const) {
      using socket = await openSocket(`${url}/chat/ws${query}`);
      await expect(socket.waitFor(() => true)).resolves.toEqual({ text });
      await expect(socket.closed).resolves.toEqual({ code: 1008, reason: text });
    }
  });

  test('a frame sent in onopen is not lost, and a ciphertext of 4,096 bytes comes as it was sent', async () => {
    const [ada, bob] = [await fluentUser(url, 'ada'), await fluentUser(otherUrl, 'bob')];
    using bobs = await openChat(otherUrl, bob);
    const ciphertext = randomBytes(4096).toString('base64');
    using _adas = await openSocket(`${url}/chat/ws?token=${ada.token}`, {
      first: [{ ...sealed(bob, ''), receiver_encrypted: ciphertext }],
    });
    await expect(bobs.waitFor(() => true)).resolves.toMatchObject({ content: ciphertext });
  });
});
