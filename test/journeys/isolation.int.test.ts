import { eventually, openSocket } from '@parley/testing';
import { expect, test } from 'vitest';
import { tapBus } from './bus-tap.js';
import { furtherRealm } from './forms.js';
import { journey } from './platforms.js';
import { ask, unique } from '../clients/http.js';
import { enter, newRoom, roomsUser } from '../clients/rooms.js';
import { as, v1User } from '../clients/v1.js';

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
const tokensOf = (body: unknown) => body as { access_token: string; refresh_token: string };

journey('a token opens one wire in one realm', ({ url, otherUrl }) => {
  test('a token of rooms is none for v1, and one of v1 none for rooms', async () => {
    const [old, fresh] = [await roomsUser(url), await v1User(otherUrl)];
    const room = await newRoom(url, old);
    expect(await as(otherUrl, old)('GET /me')).toMatchObject({ status: 401, body: { reason: 'invalid_token' } });
    const me = await ask('GET', `${otherUrl}/api/auth/me`, { token: fresh.token });
    expect([me.status, me.body]).toEqual([401, { detail: 'Could not validate credentials' }]);

    using atV1 = await openSocket(`${otherUrl}/v1/socket`, bearer(old.token));
    expect(await atV1.closed).toEqual({ code: 4401, reason: 'invalid_token' });
    using atRooms = await openSocket(`${url}/ws/chat/${room.id}?token=${fresh.token}`);
    expect(await atRooms.waitFor('error')).toEqual({ type: 'error', message: 'Could not validate credentials' });
    expect(await atRooms.closed).toMatchObject({ code: 1008 });
  });

  test('nor does it open the socket of its own session in band, or refresh on the other wire', async () => {
    const [old, fresh] = [await roomsUser(url), await v1User(url)];
    using socket = await openSocket(`${url}/v1/socket`, bearer(fresh.token));
    await socket.waitFor('session.opened');
    socket.send({ jsonrpc: '2.0', id: 1, method: 'session.refresh', params: { accessToken: old.token } });
    expect(await socket.waitFor(({ id }) => id === 1)).toMatchObject({ error: { data: { code: 'unauthenticated' } } });
    const other = await v1User(url);
    socket.send({ jsonrpc: '2.0', id: 2, method: 'session.refresh', params: { accessToken: other.token } });
    expect(await socket.waitFor(({ id }) => id === 2)).toHaveProperty('error');

    const atV1 = await as(url, null)('POST /sessions/refresh', { refreshToken: old.refreshToken });
    expect(atV1).toMatchObject({ status: 401, body: { reason: 'refresh_invalid' } });
    const body = { refresh_token: fresh.grant.refreshToken };
    expect((await ask('POST', `${url}/api/auth/refresh`, { body })).status).toBe(401);
    // Neither attempt has cost anything.
    expect(await as(url, null)('POST /sessions/refresh', { refreshToken: fresh.grant.refreshToken })).toMatchObject({
      status: 200,
    });
  });

  test('what one realm holds the other does not have', async () => {
    const credentials = { username: unique('ada'), password: 'correct horse', realm: furtherRealm };
    const { status, body } = await as(url, null)('POST /accounts', credentials);
    expect(status).toBe(201);
    const there = body as { account: { id: string; realm: string }; accessToken: string; refreshToken: string };
    expect(there.account.realm).toBe(furtherRealm);
    const here = await v1User(url);
    const [askThere, askHere] = [as(otherUrl, { token: there.accessToken }), as(otherUrl, here)];
    const made = await askThere('POST /channels', { kind: 'room', title: unique('theirs') });
    const { id } = made.body as { id: string };
    expect(await askThere(`GET /channels/${id}`)).toMatchObject({ status: 200 });

    const content = { type: 'text', text: 'hello' };
    for (const request of [`GET /channels/${id}`, `GET /channels/${id}/messages`, `PUT /channels/${id}/members/me`]) {
      expect(await askHere(request)).toMatchObject({ status: 404 });
    }
    expect(await askHere(`POST /channels/${id}/messages`, { clientId: 'a', content })).toMatchObject({ status: 404 });
    expect(await askHere(`GET /accounts/${there.account.id}`)).toMatchObject({ status: 404 });
    expect(await askHere('POST /directs', { accountId: there.account.id })).toMatchObject({ status: 404 });
    using socket = await openSocket(`${otherUrl}/v1/socket`, bearer(here.token));
    await socket.waitFor('session.opened');
    const refused = { error: { data: { code: 'not_found' } } };
    socket.send({ jsonrpc: '2.0', id: 1, method: 'channel.attach', params: { channelId: id } });
    expect(await socket.waitFor((frame) => frame['id'] === 1)).toMatchObject(refused);
    const params = { directWith: there.account.id, clientId: 'a', content };
    socket.send({ jsonrpc: '2.0', id: 2, method: 'message.send', params });
    expect(await socket.waitFor((frame) => frame['id'] === 2)).toMatchObject(refused);

    // A refresh token and a ticket are of their realm too.
    const { refreshToken } = there;
    expect((await as(url, null)('POST /sessions/refresh', { refreshToken })).status).toBe(401);
    const { ticket } = (await askThere('POST /socket-tickets')).body as { ticket: string };
    using stranger = await openSocket(`${url}/v1/socket?ticket=${ticket}`);
    expect(await stranger.closed).toMatchObject({ code: 4401 });
  });
});

journey('a refresh token that comes again ends its family', ({ url, otherUrl }) => {
  test('on rooms: both access tokens, the newest refresh token and the open socket', async () => {
    const user = await roomsUser(url);
    const room = await newRoom(url, user);
    const refresh = async (refresh_token: string) =>
      ask('POST', `${otherUrl}/api/auth/refresh`, { body: { refresh_token } });
    const second = tokensOf((await refresh(user.refreshToken)).body);
    const third = tokensOf((await refresh(second.refresh_token)).body);
    using socket = await enter(url, { ...user, token: third.access_token }, room);
    const again = await refresh(user.refreshToken);
    expect([again.status, again.body]).toEqual([401, { detail: 'Invalid or expired refresh token' }]);
    expect(await socket.closed).toMatchObject({ code: 1008 });
    expect((await refresh(third.refresh_token)).status).toBe(401);
    for (const token of [user.token, second.access_token, third.access_token]) {
      await eventually(async () => (await ask('GET', `${url}/api/auth/me`, { token })).status === 401);
    }
  });

  test('on v1', async () => {
    const user = await v1User(url);
    const refresh = (refreshToken: string) => as(otherUrl, null)('POST /sessions/refresh', { refreshToken });
    const tokenOf = ({ body }: { body: unknown }) => (body as { refreshToken: string }).refreshToken;
    const second = tokenOf(await refresh(user.grant.refreshToken));
    const third = tokenOf(await refresh(second));
    using socket = await openSocket(`${url}/v1/socket`, bearer(user.token));
    await socket.waitFor('session.opened');
    expect(await refresh(user.grant.refreshToken)).toMatchObject({ status: 401, body: { reason: 'refresh_reused' } });
    expect(await socket.closed).toEqual({ code: 4401, reason: 'session_ended' });
    expect((await refresh(third)).status).toBe(401);
    await eventually(async () => (await as(url, user)('GET /me')).status === 401);
  });
});

const oddNames = ['>', '*', 'a.b', 'evt.*.*.channel.>', ' x y ', '$SRV.PING', '_INBOX.>', "'; drop table x; --"];
const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const known = new RegExp(
  `^(rpc\\.[a-z]+\\.[a-z]+\\.[a-zA-Z]+|rpc\\.[a-z]+\\.(instances|alive(\\.${uuid})?)|evt\\.[a-z]+\\.[a-z]+\\.(channel|account|network|session)\\.${uuid}|_INBOX\\..+|\\$(SRV|SYS)\\..+)$`,
);

journey('no name that a client chose is part of a subject', ({ url, otherUrl, natsUrl }) => {
  test('users and rooms with odd names are what they are, and each room receives its own', async () => {
    using tap = natsUrl === undefined ? null : await tapBus(natsUrl);
    const witness = await roomsUser(url);
    const plain = await newRoom(url, witness);
    using elsewhere = await enter(otherUrl, witness, plain);
    for (const odd of oddNames) {
      const user = await roomsUser(url, odd);
      expect(user.token, odd).toBeTypeOf('string');
      const room = await newRoom(url, user, `${odd}${unique('')}`);
      using speaker = await enter(url, user, room);
      using listener = await openSocket(`${otherUrl}/ws/chat/${encodeURIComponent(room.name)}?token=${witness.token}`);
      expect(await listener.waitFor('connected')).toMatchObject({ room_id: room.id });
      speaker.send({ type: 'message', content: odd });
      expect(await listener.waitFor('message')).toMatchObject({ sender: user.username, message: odd });
    }
    elsewhere.send({ type: 'message', content: 'mine' });
    expect(elsewhere.received.filter(({ type }) => type === 'message')).toEqual([]);
    expect([...(tap?.subjects ?? [])].filter((subject) => !known.test(subject))).toEqual([]);
    if (tap) expect([...tap.subjects].some((subject) => subject.startsWith('evt.message.created.channel.'))).toBe(true);
  });

  test('so are v1’s topics, titles and client ids; an odd user name is refused', async () => {
    using tap = natsUrl === undefined ? null : await tapBus(natsUrl);
    const user = await v1User(url);
    const call = as(url, user);
    for (const odd of oddNames) {
      const slug = `${odd}${unique('')}`;
      const made = await call('POST /channels', { kind: 'topic', title: odd, slug });
      expect(made).toMatchObject({ status: 201, body: { slug, title: odd } });
      const { id } = made.body as { id: string };
      const sent = await call(`POST /channels/${id}/messages`, { clientId: odd, content: { type: 'text', text: odd } });
      expect(sent).toMatchObject({ status: 201, body: { message: { clientId: odd } } });
    }
    for (const odd of ['>', '*', 'a b', '$SRV', '_INBOX', 'a>b', 'a*']) {
      const refused = await as(url, null)('POST /accounts', { username: odd, password: 'correct horse' });
      expect(refused).toMatchObject({ status: 422 });
    }
    for (const odd of ['%3E', '*', `${user.id}.%3E`, `${user.id}%20`]) {
      expect(await call(`GET /channels/${odd}`)).toMatchObject({ status: 422 });
    }
    expect([...(tap?.subjects ?? [])].filter((subject) => !known.test(subject))).toEqual([]);
  });
});
