import { openSocket } from '@parley/testing';
import { expect, test } from 'vitest';
import { agent, connect, meshUser, organizationOf, registerFrame } from '../clients/mesh.js';
import type { MeshUser } from '../clients/mesh.js';
import { journey, unique } from './platforms.js';
import { ask } from '../clients/http.js';
import { roomsUser } from '../clients/rooms.js';

const peersOf = (answer: { existing_peers: { peer_id: string }[] }) =>
  answer.existing_peers.map(({ peer_id }) => peer_id).sort();
const errorIs = (text: string) => (frame: { error?: unknown }) => frame.error === text;

journey('the mesh wire over REST, row by row', ({ url }) => {
  const post = (path: string, body?: unknown, token?: string) =>
    ask('POST', url + path, { ...(body !== undefined && { body }), ...(token !== undefined && { token }) });
  const get = (path: string, token?: string) => ask('GET', url + path, token === undefined ? {} : { token });

  test('register gives id and email and no token; a second time the e-mail is taken', async () => {
    const body = { email: `${unique('user')}@example.com`, password: 'password123' };
    const first = await post('/register', body);
    expect([first.status, first.body]).toEqual([200, { id: expect.any(Number), email: body.email }]);
    const again = await post('/register', body);
    expect([again.status, again.body]).toEqual([400, { detail: 'Email already registered' }]);
    const onMount = await post('/wires/mesh/register', body);
    expect([onMount.status, onMount.body]).toEqual([400, { detail: 'Email already registered' }]);
  });

  test.each([
    ['nothing', {}, 'email'],
    ['no password', { email: 'a@example.com' }, 'password'],
    ['no e-mail', { password: 'x' }, 'email'],
    ['no e-mail to speak of', { email: 'nobody', password: 'x' }, 'email'],
    ['an empty password', { email: 'a@example.com', password: '' }, 'password'],
    ['keys of two wires', { uuid: 'x', email: 'a@example.com' }, 'password'],
  ])('K1: register with %s is 422 and names what is wrong', async (_, body, missing) => {
    const answer = await post('/register', body);
    expect(answer.status).toBe(422);
    const { detail } = answer.body as { detail: { loc: string[] }[] };
    expect(detail.map(({ loc }) => loc.join('.'))).toContain(`body.${missing}`);
  });

  test('login gives a bearer token; a wrong password and an unknown e-mail give 401', async () => {
    const user = await meshUser(url);
    const good = await post('/login', { email: user.email, password: user.password });
    expect([good.status, good.body]).toEqual([200, { access_token: expect.any(String), token_type: 'bearer' }]);
    for (const body of [
      { email: user.email, password: 'wrong' },
      { email: `${unique('nobody')}@example.com`, password: 'password123' },
    ]) {
      const bad = await post('/login', body);
      expect([bad.status, bad.body]).toEqual([401, { detail: 'Incorrect email or password' }]);
    }
    expect((await post('/login', {})).status).toBe(422);
  });

  test('without a header 403, with a bad token or another wire’s 401, on every path', async () => {
    const { token: roomsToken } = await roomsUser(url);
    for (const [method, path] of [
      ['POST', '/organizations'],
      ['GET', '/organizations'],
      ['POST', '/organizations/1/join'],
      ['GET', '/organizations/1/members'],
      ['POST', '/organizations/1/allocate_ip'],
      ['GET', '/organizations/1/ips'],
    ] as const) {
      const body = method === 'POST' ? { body: {} } : {};
      const none = await ask(method, url + path, body);
      expect([path, none.status, none.body]).toEqual([path, 403, { detail: 'Not authenticated' }]);
      for (const token of ['nonsense', roomsToken]) {
        const bad = await ask(method, url + path, { ...body, token });
        expect([path, bad.status, bad.body]).toEqual([path, 401, { detail: 'Could not validate credentials' }]);
      }
    }
  });

  test('an organization keeps its subnet as it was written, and is listed for its members', async () => {
    const [ada, bob] = [await meshUser(url), await meshUser(url)];
    const made = await post('/organizations', { name: 'My Organization', subnet: '10.7.7.77/24' }, ada.token);
    expect([made.status, made.body]).toEqual([
      200,
      { id: expect.any(Number), name: 'My Organization', subnet: '10.7.7.77/24' },
    ]);
    expect((await get('/organizations', ada.token)).body).toEqual([made.body]);
    expect((await get('/organizations', bob.token)).body).toEqual([]);
  });

  test.each(['10.0.0.0/33', '10.0.0/24', 'ten', '', 'fd00::/8', '10.0.0.0/7', '0.0.0.0/0', 'x'.repeat(100)])(
    'W2.5: %j is no subnet',
    async (subnet) => {
      const { token } = await meshUser(url);
      const answer = await post('/organizations', { name: 'x', subnet }, token);
      expect([answer.status, answer.body]).toEqual([400, { detail: 'Invalid subnet format' }]);
    },
  );

  test.each([
    ['10.7.7.77/24', '10.7.7.1'],
    ['192.168.1.9', '192.168.1.9'],
    ['10.20.0.0/255.255.255.0', '10.20.0.1'],
    ['10.0.0.0/8', '10.0.0.1'],
    ['10.0.0.4/31', '10.0.0.4'],
  ])('a subnet may be written as %s, is given back so, and begins at %s', async (subnet, lowest) => {
    const user = await meshUser(url);
    const made = await post('/organizations', { name: 'x', subnet }, user.token);
    expect([made.status, made.body]).toMatchObject([200, { subnet }]);
    const { id } = made.body as { id: number };
    expect((await post(`/organizations/${id}/allocate_ip`, {}, user.token)).body).toMatchObject({ virtual_ip: lowest });
  });

  test('W2.1: anybody joins by the number of an organization, as the old server let them', async () => {
    const [ada, eve] = [await meshUser(url), await meshUser(url)];
    const id = await organizationOf(url, [ada], { leased: false });
    expect((await post(`/organizations/${id}/join`, undefined, eve.token)).status).toBe(200);
    const made = await post('/organizations', { name: 'x', subnet: '10.0.0.0/24', open: false }, ada.token);
    expect(Object.keys(made.body).sort()).toEqual(['id', 'name', 'subnet']);
    const closed = (made.body as { id: number }).id;
    expect((await post(`/organizations/${closed}/join`, undefined, eve.token)).status).toBe(403);
    const invited = await post(`/organizations/${closed}/invitations`, undefined, ada.token);
    const { invitation } = invited.body as { invitation: string };
    expect((await post(`/organizations/${closed}/join`, { invitation }, eve.token)).status).toBe(200);
  });

  test('joining, joining again, joining nothing; members see each other and strangers see nobody', async () => {
    const [ada, bob, eve] = [await meshUser(url), await meshUser(url), await meshUser(url)];
    const id = await organizationOf(url, [ada], { leased: false });
    const joined = await post(`/organizations/${id}/join`, undefined, bob.token);
    expect([joined.status, joined.body]).toEqual([200, { status: 'joined' }]);
    const again = await post(`/organizations/${id}/join`, undefined, bob.token);
    expect([again.status, again.body]).toEqual([400, { detail: 'User is already a member of this organization' }]);
    const members = await get(`/organizations/${id}/members`, bob.token);
    expect(members.body).toEqual([
      { user_id: ada.id, email: ada.email },
      { user_id: bob.id, email: bob.email },
    ]);
    for (const path of ['members', 'ips']) {
      const stranger = await get(`/organizations/${id}/${path}`, eve.token);
      expect([stranger.status, stranger.body]).toEqual([403, { detail: 'User is not a member of this organization' }]);
      for (const nobodys of ['2147483000', '99999999999999', '0']) {
        const unknown = await get(`/organizations/${nobodys}/${path}`, eve.token);
        expect([unknown.status, unknown.body]).toEqual([404, { detail: 'Organization not found' }]);
      }
      expect((await get(`/organizations/one/${path}`, eve.token)).status).toBe(422);
    }
    expect((await post('/organizations/2147483000/join', undefined, eve.token)).status).toBe(404);
  });

  test('addresses: lowest first, again the same, for oneself only, listed by address', async () => {
    const [ada, bob, eve] = [await meshUser(url), await meshUser(url), await meshUser(url)];
    const id = await organizationOf(url, [ada, bob], { leased: false });
    const path = `/organizations/${id}/allocate_ip`;
    const first = await post(path, {}, ada.token);
    expect([first.status, first.body]).toEqual([200, { user_id: ada.id, org_id: id, virtual_ip: '10.0.0.1' }]);
    expect((await post(path, undefined, ada.token)).body).toEqual(first.body);
    expect((await post(path, { user_id: ada.id }, ada.token)).body).toEqual(first.body);
    expect((await post(path, { user_id: bob.id }, bob.token)).body).toMatchObject({ virtual_ip: '10.0.0.2' });
    const other = await post(path, { user_id: ada.id }, bob.token);
    expect([other.status, other.body]).toEqual([403, { detail: 'Can only allocate IP for yourself' }]);
    const stranger = await post(path, { user_id: ada.id }, eve.token);
    expect([stranger.status, stranger.body]).toEqual([403, { detail: 'User is not a member of this organization' }]);
    expect((await post('/organizations/2147483000/allocate_ip', {}, eve.token)).status).toBe(404);
    expect((await get(`/organizations/${id}/ips`, bob.token)).body).toEqual([
      { user_id: ada.id, virtual_ip: '10.0.0.1' },
      { user_id: bob.id, virtual_ip: '10.0.0.2' },
    ]);
  });

  test('a full subnet says so', async () => {
    const [ada, bob] = [await meshUser(url), await meshUser(url)];
    const id = await organizationOf(url, [ada, bob], { subnet: '10.0.0.9/32', leased: false });
    const path = `/organizations/${id}/allocate_ip`;
    expect((await post(path, {}, ada.token)).body).toMatchObject({ virtual_ip: '10.0.0.9' });
    const full = await post(path, {}, bob.token);
    expect([full.status, full.body]).toEqual([400, { detail: "No available IPs in this organization's subnet" }]);
  });

  test('docs hold it, and its paths know their methods', async () => {
    const { body } = await get('/openapi.json');
    expect(Object.keys((body as { paths: object }).paths)).toContain('/organizations/{org_id}/allocate_ip');
    expect((await get('/register')).status).toBe(405);
    for (const page of ['/docs', '/redoc']) expect((await get(page)).status).toBe(200);
    expect((await get('/health')).body).toEqual({ status: 'healthy' });
  });
});

journey('the mesh socket, row by row', ({ url, otherUrl }) => {
  test('K3: no token and a bad one are notified why in words that every client of /ws knows, and closed', async () => {
    for (const path of ['/ws', '/ws/']) {
      for (const [query, text, code] of [
        ['', 'No token provided', 4001],
        ['?token=nonsense', 'Invalid token', 1008],
        [`?token=${(await roomsUser(url)).token}`, 'Invalid token', 1008],
      ] as const) {
        using socket = await openSocket(url + path + query);
        await expect(socket.waitFor('error')).resolves.toEqual({
          type: 'error',
          error: text,
          message: text,
          timestamp: expect.any(Number),
        });
        await expect(socket.closed).resolves.toEqual({ code, reason: text });
      }
    }
  });

  test('on its own mount they are the README’s words', async () => {
    using socket = await openSocket(`${url}/wires/mesh/ws`);
    await expect(socket.waitFor(errorIs('No token provided'))).resolves.toEqual({ error: 'No token provided' });
    await expect(socket.closed).resolves.toMatchObject({ code: 4001 });
    using other = await openSocket(`${url}/wires/mesh/ws?token=nonsense`);
    await expect(other.waitFor(errorIs('Invalid token'))).resolves.toEqual({ error: 'Invalid token' });
  });

  test('on /ws and /ws/, with the token in the query or the header; nothing is said before the client speaks', async () => {
    const user = await meshUser(url);
    await organizationOf(url, [user]);
    for (const [path, headers] of [
      [`/ws?token=${user.token}`, {}],
      [`/ws/?token=${user.token}`, {}],
      ['/ws', { authorization: `Bearer ${user.token}` }],
      ['/ws/', { authorization: `Bearer ${user.token}` }],
    ] as const) {
      using socket = await openSocket(url + path, { headers });
      socket.send({ type: 'hello' });
      await socket.waitFor(errorIs('First message must be register'));
      socket.send(registerFrame());
      await socket.waitFor('register_agent_response');
      expect(socket.received).toHaveLength(2);
    }
  });

  test('what is sent in onopen is not lost, and the answer is the README’s', async () => {
    const [ada, bob] = [await meshUser(url), await meshUser(url)];
    await organizationOf(url, [ada, bob]);
    using first = await agent(url, ada, 'peer-device-001');
    expect(first.answer).toEqual({
      type: 'register_agent_response',
      status: 'registered',
      virtual_ip: '10.0.0.1',
      connection_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      existing_peers: [],
    });
    using second = await agent(otherUrl, bob);
    const peer_id = `peer_${bob.id}_${second.answer.connection_id.slice(0, 8)}`;
    const common = { public_ip: '203.0.113.1', public_port: 50_000, relay_ip: '203.0.113.10', relay_port: 50_001 };
    expect(second.answer.existing_peers).toEqual([
      {
        peer_id: 'peer-device-001',
        user_id: ada.id,
        email: ada.email,
        agent_id: 'peer-device-001',
        ...common,
        virtual_ip: '10.0.0.1',
      },
    ]);
    await expect(first.socket.waitFor('peer_online')).resolves.toEqual({
      type: 'peer_online',
      peer: { peer_id, user_id: bob.id, email: bob.email, agent_id: null, ...common, virtual_ip: '10.0.0.2' },
    });
    second.socket.close();
    await expect(first.socket.waitFor('peer_offline')).resolves.toEqual({
      type: 'peer_offline',
      peer_id,
      user_id: bob.id,
      virtual_ip: '10.0.0.2',
    });
    expect(second.socket.received).toHaveLength(1);
  });

  test('a dropped connection is offline too, and equal subnets of two organizations never meet', async () => {
    const [ada, bob, eve] = [await meshUser(url), await meshUser(url), await meshUser(url)];
    await organizationOf(url, [ada, bob]);
    await organizationOf(url, [eve]);
    using receives = await agent(url, ada, 'a');
    using stranger = await agent(otherUrl, eve, 'a');
    const drops = await agent(otherUrl, bob, 'b');
    await receives.socket.waitFor('peer_online');
    drops.socket.socket.terminate();
    await expect(receives.socket.waitFor('peer_offline')).resolves.toMatchObject({ peer_id: 'b' });
    expect(stranger.answer.existing_peers).toEqual([]);
    expect(stranger.socket.received).toHaveLength(1);
    expect(receives.socket.received).toHaveLength(3);
  });

  test('W2.3: after any error register still works: bad JSON, another frame, missing fields, nothing to register', async () => {
    const user = await meshUser(url);
    using socket = await connect(url, user);
    socket.send('{');
    await expect(socket.waitFor(errorIs('Invalid JSON'))).resolves.toEqual({ error: 'Invalid JSON' });
    socket.send({ type: 'hello' });
    await socket.waitFor(errorIs('First message must be register'));
    socket.send([1]);
    await socket.waitFor(errorIs('Processing error'));
    socket.send({ type: 'register' });
    await socket.waitFor(errorIs('Missing required fields: public_ip, public_port'));
    socket.send(registerFrame('a'));
    await socket.waitFor(errorIs('User not member of any organization'));
    const id = await organizationOf(url, [user], { leased: false });
    socket.send(registerFrame('a'));
    await socket.waitFor(errorIs('No virtual IP allocated for user in any organization'));
    await ask('POST', `${url}/organizations/${id}/allocate_ip`, { token: user.token, body: {} });
    socket.send(registerFrame('a'));
    await socket.waitFor('register_agent_response');
  });

  test('what is falsy is missing: port 0, an empty address', async () => {
    const user = await meshUser(url);
    await organizationOf(url, [user]);
    using socket = await connect(url, user);
    for (const wrong of [{ public_port: 0 }, { public_ip: '' }, { public_ip: null }, { public_port: undefined }]) {
      socket.send(registerFrame('a', wrong));
      await socket.waitFor(errorIs('Missing required fields: public_ip, public_port'));
    }
  });

  test('two sockets of one user without an agent_id are two peers at one address', async () => {
    const [ada, bob] = [await meshUser(url), await meshUser(url)];
    await organizationOf(url, [ada, bob]);
    using receives = await agent(url, bob, 'b');
    using first = await agent(url, ada);
    using second = await agent(otherUrl, ada);
    expect(second.answer.virtual_ip).toBe(first.answer.virtual_ip);
    const label = ({ connection_id }: { connection_id: string }) => `peer_${ada.id}_${connection_id.slice(0, 8)}`;
    expect(peersOf(second.answer)).toEqual(['b', label(first.answer)].sort());
    for (const { answer } of [first, second]) {
      await expect(receives.socket.waitFor('peer_online')).resolves.toMatchObject({ peer: { peer_id: label(answer) } });
    }
  });

  test('who is in several organizations registers in the first one where it has an address', async () => {
    const [ada, bob] = [await meshUser(url), await meshUser(url)];
    await organizationOf(url, [ada], { subnet: '10.1.0.0/24', leased: false });
    await organizationOf(url, [bob, ada], { subnet: '10.2.0.0/24' });
    await organizationOf(url, [ada], { subnet: '10.3.0.0/24' });
    using bobs = await agent(otherUrl, bob, 'b');
    using adas = await agent(url, ada, 'a');
    expect([adas.answer.virtual_ip, peersOf(adas.answer)]).toEqual(['10.2.0.2', ['b']]);
    await expect(bobs.socket.waitFor('peer_online')).resolves.toMatchObject({ peer: { peer_id: 'a' } });
  });

  test('binary frames register too, and a token in the query comes before one in the header', async () => {
    const [ada, bob] = [await meshUser(url), await meshUser(url)];
    await organizationOf(url, [ada]);
    using socket = await openSocket(`${url}/ws?token=${ada.token}`, {
      headers: { authorization: `Bearer ${bob.token}` },
    });
    socket.socket.send(Buffer.from(JSON.stringify(registerFrame('a'))), { binary: true });
    await expect(socket.waitFor('register_agent_response')).resolves.toMatchObject({ virtual_ip: '10.0.0.1' });
  });

  test('W2.2: nonsense is refused before it is stored, and later registrations of the organization work', async () => {
    const [ada, bob] = [await meshUser(url), await meshUser(url)];
    await organizationOf(url, [ada, bob]);
    using socket = await connect(url, ada);
    for (const wrong of [{ public_port: 70_000 }, { public_port: 'x' }, { public_ip: 'a b' }, { relay_port: -1 }]) {
      socket.send(registerFrame('a', wrong));
      const { error } = await socket.waitFor((frame) => typeof frame.error === 'string');
      expect(error).toMatch(/^Registration failed: /);
    }
    using other = await agent(otherUrl, bob, 'b');
    expect(other.answer.existing_peers).toEqual([]);
    socket.send(registerFrame('a', { public_port: '50000', relay_ip: null, relay_port: null }));
    await socket.waitFor('register_agent_response');
    await expect(other.socket.waitFor('peer_online')).resolves.toMatchObject({
      peer: { public_port: 50_000, relay_ip: null, relay_port: null },
    });
  });

  test('W2.3: later frames are ignored, bad JSON too leaves no ghost', async () => {
    const [ada, bob] = [await meshUser(url), await meshUser(url)];
    await organizationOf(url, [ada, bob]);
    using receives = await agent(otherUrl, ada, 'a');
    using talks = await agent(url, bob, 'b');
    await receives.socket.waitFor('peer_online');
    talks.socket.send(registerFrame('c'));
    talks.socket.send({ type: 'offer' });
    talks.socket.send('{');
    await talks.socket.waitFor(errorIs('Invalid JSON'));
    expect(talks.socket.received).toHaveLength(2);
    talks.socket.close();
    await expect(receives.socket.waitFor('peer_offline')).resolves.toMatchObject({ peer_id: 'b' });
    expect(receives.socket.received).toHaveLength(3);
  });

  test('C7, W2.4: two users with the README’s agent id are both online, and each one’s own takes over', async () => {
    const [ada, bob, eve] = [await meshUser(url), await meshUser(url), await meshUser(url)];
    await organizationOf(url, [ada, bob, eve]);
    using receives = await agent(url, eve, 'e');
    using older = await agent(url, ada, 'agent-123');
    using bobs = await agent(otherUrl, bob, 'agent-123');
    const bobsId = `peer_${bob.id}_${bobs.answer.connection_id.slice(0, 8)}`;
    expect(peersOf(bobs.answer)).toEqual(['agent-123', 'e']);
    await expect(
      older.socket.waitFor((frame) => (frame.peer as { user_id?: number } | undefined)?.user_id === bob.id),
    ).resolves.toMatchObject({ type: 'peer_online', peer: { peer_id: bobsId, agent_id: 'agent-123' } });
    using newer = await agent(otherUrl, ada, 'agent-123');
    expect(peersOf(newer.answer).sort()).toEqual(['e', bobsId].sort());
    await expect(older.socket.closed).resolves.toMatchObject({ code: 1008 });
    await receives.socket.waitFor('peer_offline');
    expect(bobs.socket.socket.readyState).toBe(1);
  });

  test('a member that leaves or is removed goes offline, and so does everybody of an organization that is deleted', async () => {
    const [ada, bob, eve] = [await meshUser(url), await meshUser(url), await meshUser(url)];
    const id = await organizationOf(url, [ada, bob, eve]);
    using adas = await agent(url, ada, 'a');
    using bobs = await agent(otherUrl, bob, 'b');
    using eves = await agent(url, eve, 'e');
    const call = (method: string, path: string, { token }: MeshUser) =>
      ask(method, `${otherUrl}/organizations/${id}${path}`, { token });
    const offline = (peer_id: string) =>
      adas.socket.waitFor((frame) => frame.type === 'peer_offline' && frame.peer_id === peer_id);
    const refused = await call('DELETE', `/members/${eve.id}`, bob);
    expect([refused.status, refused.body]).toEqual([
      403,
      { detail: 'Only the owner of this organization may do that' },
    ]);
    expect((await call('DELETE', `/members/${bob.id}`, ada)).body).toEqual({ status: 'removed' });
    await offline('b');
    await expect(bobs.socket.closed).resolves.toMatchObject({ code: 1008 });
    expect((await call('DELETE', `/ips/${eves.answer.virtual_ip}`, ada)).body).toEqual({ status: 'released' });
    await offline('e');
    expect((await call('DELETE', '/ips/10.0.0.77', ada)).status).toBe(404);
    expect((await call('POST', '/leave', eve)).body).toEqual({ status: 'left' });
    expect((await call('GET', '/members', ada)).body).toEqual([{ user_id: ada.id, email: ada.email }]);
    expect((await call('DELETE', '', eve)).status).toBe(403);
    expect((await call('DELETE', '', ada)).body).toEqual({ status: 'deleted' });
    await expect(adas.socket.closed).resolves.toMatchObject({ code: 1008 });
    expect((await call('GET', '/members', ada)).status).toBe(404);
  });

  test('W2.5: sixteen who ask at once get sixteen addresses', async () => {
    const founder = await meshUser(url);
    const others = await Promise.all(Array.from({ length: 15 }, () => meshUser(url)));
    const id = await organizationOf(url, [founder, ...others], { subnet: '10.0.0.0/27', leased: false });
    const got = await Promise.all(
      [founder, ...others].map(async ({ token }, n) => {
        const path = `${n % 2 === 0 ? url : otherUrl}/organizations/${id}/allocate_ip`;
        return ((await ask('POST', path, { token, body: {} })).body as { virtual_ip: string }).virtual_ip;
      }),
    );
    expect(new Set(got)).toEqual(new Set(Array.from({ length: 16 }, (_, n) => `10.0.0.${n + 1}`)));
  });

  test('agents that come and go at once: in the end everybody knows the same of all', async () => {
    const founder = await meshUser(url);
    const others = await Promise.all(Array.from({ length: 5 }, () => meshUser(url)));
    const users = [founder, ...others] as const;
    await organizationOf(url, users);
    const agents = await Promise.all(users.map((user, n) => agent(n % 2 === 0 ? url : otherUrl, user, `agent-${n}`)));
    try {
      await Promise.all(agents.slice(3).map(({ socket }) => (socket.close(), socket.closed)));
      const again = await Promise.all(users.slice(3).map((user, n) => agent(url, user, `again-${n}`)));
      agents.push(...again);
      const staying = [...agents.slice(0, 3), ...again];
      const expected = ['agent-0', 'agent-1', 'agent-2', 'again-0', 'again-1', 'again-2'];
      for (const each of staying) {
        // What it received at the start and since, in order.
        const isWhole = () => {
          const online = new Set(peersOf(each.answer));
          for (const frame of each.socket.received) {
            if (frame.type === 'peer_online') online.add((frame.peer as { peer_id: string }).peer_id);
            if (frame.type === 'peer_offline') online.delete(frame.peer_id as string);
          }
          return online.size === 5 && [...online].every((one) => expected.includes(one));
        };
        if (!isWhole()) await each.socket.waitFor(isWhole);
      }
    } finally {
      for (const each of agents) each[Symbol.dispose]();
    }
  });
});
