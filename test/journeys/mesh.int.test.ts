import { expect, test } from 'vitest';
import { meshUser, organizationOf } from '../clients/mesh.js';
import { journey } from './platforms.js';
import { ask, unique } from '../clients/http.js';
import { roomsUser } from '../clients/rooms.js';

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
