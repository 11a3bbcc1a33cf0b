import { openSocket } from '@parley/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { conversationsUser } from '../clients/conversations.js';
import { fluentUser } from '../clients/fluent.js';
import { meshUser, organizationOf } from '../clients/mesh.js';
import { ask } from '../clients/http.js';
import { aDevice, connect, register } from '../clients/swifty.js';
import { startWith } from './platform.js';
import type { Settled } from './platform.js';
import { livesOf, oneOfEach, minuteMs } from './old-sockets.js';

describe('in the strict forms', () => {
  let parley: Settled;
  let url = '';
  beforeAll(async () => {
    parley = await startWith({
      PARLEY_SOCKETS_END_WITH_TOKEN: 'true',
      PARLEY_FLUENT_OPEN_DIRECTORY: 'false',
      PARLEY_MESH_OPEN_ORGANIZATIONS: 'false',
      PARLEY_SWIFTY_TOKENS_REQUIRED: 'true',
      PARLEY_SWIFTY_TOKEN_TO_REREGISTER: 'true',
      PARLEY_ACCESS_MINUTES_CONVERSATIONS: '10',
    });
    ({ url } = parley);
  });
  afterAll(() => parley.stop());

  test('W3.3: fluent’s directory wants a token', async () => {
    const ada = await fluentUser(url, 'Ada');
    for (const path of ['/auth/get_all_users', `/users/search?query=${ada.username}`]) {
      const none = await ask('GET', url + path);
      expect([none.status, none.body]).toEqual([401, { detail: 'Not authenticated' }]);
      const found = await ask('GET', url + path, { token: ada.token });
      expect([found.status, (found.body as { id: number }[]).map(({ id }) => id)]).toEqual([200, [ada.id]]);
    }
    const { body } = await ask('GET', `${url}/openapi.json`);
    const { paths } = body as { paths: Record<string, { get: { security: object[] } }> };
    expect(paths['/users/search']?.get.security).toEqual([{ fluent: [] }]);
  });

  test('W2.1: an organization is joined by invitation, unless it was made as an open one', async () => {
    const [ada, bob, eve] = [await meshUser(url), await meshUser(url), await meshUser(url)];
    const post = (path: string, token: string, body?: object) =>
      ask('POST', url + path, { token, ...(body && { body }) });
    const id = await organizationOf(url, [ada]);
    const closed = await post(`/organizations/${id}/join`, bob.token);
    const detail = 'Joining this organization needs an invitation';
    expect([closed.status, closed.body]).toEqual([403, { detail }]);
    const invitations = `/organizations/${id}/invitations`;
    expect((await post(invitations, bob.token)).status).toBe(403);
    const invited = await post(invitations, ada.token);
    expect([invited.status, invited.body]).toMatchObject([200, { status: 'invited' }]);
    const { invitation } = invited.body as { invitation: string };
    expect((await post(`/organizations/${id}/join`, bob.token, { invitation })).body).toEqual({ status: 'joined' });
    expect((await post(`/organizations/${id}/join`, eve.token, { invitation })).status).toBe(403);
    const { body } = await post('/organizations', ada.token, { name: 'x', subnet: '10.0.0.0/24', open: true });
    expect((await post(`/organizations/${(body as { id: number }).id}/join`, eve.token)).status).toBe(200);
  });

  test('W0.1, W0.3: swifty’s lists want a token, and so does a known uuid', async () => {
    const device = await aDevice(url);
    for (const path of ['/clients', '/topics']) expect((await ask('GET', url + path)).status).toBe(401);
    expect((await register(url, device.uuid, 'Mallory')).status).toBe(409);
    expect((await register(url, device.uuid, 'Alice', device.token)).status).toBe(200);
  });

  test('W4.5: tokens of conversations may live shorter', async () => {
    expect(livesOf((await conversationsUser(url)).token)).toBe(10);
  });

  test('W*: a socket ends with its token, in the words and with the code of its wire', async () => {
    const { sockets, device, writer, roomer } = await oneOfEach(url);
    parley.later(1441 * minuteMs);
    const ended = async (wire: keyof typeof sockets) => (await sockets[wire].closed).code;
    for (const wire of ['swifty', 'rooms', 'mesh', 'fluent'] as const)
      expect([wire, await ended(wire)]).toEqual([wire, 1008]);
    expect(await ended('conversations')).toBe(4001);
    expect(sockets.conversations.received.at(-1)).toEqual({ type: 'error', message: 'The token has expired' });
    expect(sockets.rooms.received.at(-1)).toEqual({ type: 'error', message: 'Could not validate credentials' });
    // An expired token opens none either.
    for (const [path, code] of [
      [`/ws?token=${device.token}`, 1008],
      [`/conversations/1/ws?token=${writer.token}`, 4001],
      [`/ws/chat/1?token=${roomer.token}`, 1008],
    ] as const) {
      using socket = await openSocket(url + path);
      expect((await socket.closed).code).toBe(code);
    }
    // An agent that registers with it again comes back.
    const renewed = await register(url, device.uuid, 'Alice', device.token);
    using again = await connect(url, { ...device, token: (renewed.body as { token: string }).token });
    expect(again.received).toHaveLength(1);
  });
});
