import { openSocket } from '@parley/testing';
import { expect, test } from 'vitest';
import { inBatches } from '../clients/batches.js';
import { type MeshUser, agent, connect, meshUser, organizationOf, registerFrame } from '../clients/mesh.js';
import { journey } from './platforms.js';
import { ask } from '../clients/http.js';
import { roomsUser } from '../clients/rooms.js';

const peersOf = (answer: { existing_peers: { peer_id: string }[] }) =>
  answer.existing_peers.map(({ peer_id }) => peer_id).sort();
const errorIs = (text: string) => (frame: { error?: unknown }) => frame.error === text;

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
    const others = await inBatches(15, 4, () => meshUser(url));
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
