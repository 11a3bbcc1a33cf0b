// The mesh wire after its database was moved. Expected values follow from the rows and from how the old server gave addresses.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OldDatabase } from '../../importer/src/testing/databases.js';
import { makeMeshDatabase, meshRows } from '../../importer/src/testing/mesh-database.js';
import { ask, done } from '../clients/http.js';
import { agent, joinOrganization, meshUser, signUpMesh } from '../clients/mesh.js';
import { type Imported, openedAnswer, startImported } from './imported.js';

const passwords = {
  'one@example.com': 'mesh-one',
  'Two@Example.com': 'mesh-two',
  'three@bücher.example': 'mesh-three',
} as const;
type Email = keyof typeof passwords;

let database: OldDatabase;
let parley: Imported;
const tokens = new Map<Email, string>();
beforeAll(async () => {
  database = await makeMeshDatabase(meshRows);
  parley = await startImported('mesh', database.url);
  for (const email of Object.keys(passwords) as Email[]) {
    const body = { email, password: passwords[email] };
    const answer = await openedAnswer<{ body: { access_token: string } }>('POST', `${parley.url}/login`, { body });
    tokens.set(email, answer.body.access_token);
  }
});
afterAll(async () => {
  await parley.stop();
  await database[Symbol.asyncDispose]();
});

const of = (email: Email): { token: string } => ({ token: tokens.get(email) ?? '' });
const [one, two, three] = (Object.keys(passwords) as Email[]).map((email) => () => of(email));
if (one === undefined || two === undefined || three === undefined) throw new Error('Three users');
const get = <T>(path: string, user: { token: string }): Promise<T> => done<T>('GET', parley.url + path, user);

test('everybody signs in with the old password and sees the old organizations', async () => {
  expect(await get('/organizations', one())).toEqual([
    { id: 1, name: 'Office', subnet: '10.0.0.0/24' },
    { id: 4, name: 'Pair', subnet: '192.168.5.0/31' },
  ]);
  expect(await get('/organizations', two())).toEqual([
    { id: 1, name: 'Office', subnet: '10.0.0.0/24' },
    { id: 2, name: 'Lab', subnet: '10.7.7.77/255.255.255.0' },
  ]);
});

test('members and addresses are the old ones', async () => {
  const members = await get<{ user_id: number; email: string }[]>('/organizations/1/members', three());
  expect(members.toSorted((a, b) => a.user_id - b.user_id)).toEqual([
    { user_id: 1, email: 'one@example.com' },
    { user_id: 2, email: 'two@example.com' },
    { user_id: 5, email: 'three@bücher.example' },
  ]);
  const addresses = async (id: number, user: { token: string }) =>
    (await get<{ user_id: number; virtual_ip: string }[]>(`/organizations/${id}/ips`, user)).map(
      ({ user_id, virtual_ip }) => `${user_id} ${virtual_ip}`,
    );
  expect(await addresses(1, one())).toEqual(['1 10.0.0.1', '2 10.0.0.4']);
  expect(await addresses(2, two())).toEqual(['5 10.7.7.1']);
  expect(await addresses(4, one())).toEqual(['1 192.168.5.0']);
  expect(await ask('GET', `${parley.url}/organizations/2/ips`, one())).toMatchObject({ status: 403 });
});

test('an agent registers at its old address', async () => {
  using first = await agent(parley.url, one(), 'agent-one');
  expect(first.answer).toMatchObject({ virtual_ip: '10.0.0.1', existing_peers: [] });
  using second = await agent(parley.url, two(), 'agent-two');
  expect(second.answer).toMatchObject({ virtual_ip: '10.0.0.4', existing_peers: [{ peer_id: 'agent-one' }] });
});

test('the next address is the lowest free one; users and organizations go on from there', async () => {
  const { url } = parley;
  const allocate = (user: { token: string }) =>
    done('POST', `${url}/organizations/1/allocate_ip`, { ...user, body: {} });
  expect(await allocate(one())).toEqual({ user_id: 1, org_id: 1, virtual_ip: '10.0.0.1' });
  expect(await allocate(three())).toEqual({ user_id: 5, org_id: 1, virtual_ip: '10.0.0.2' });
  const late = await signUpMesh(url, 'late');
  expect(late.id).toBe(6);
  for (const [user, address] of [
    [late, '10.0.0.3'],
    [await meshUser(url), '10.0.0.5'],
  ] as const) {
    await joinOrganization(url, user, 1);
    expect(await allocate(user)).toMatchObject({ virtual_ip: address });
  }
  // An organization without members keeps its number, and can be joined.
  await joinOrganization(url, late, 6);
  expect(await get('/organizations', late)).toContainEqual({ id: 6, name: 'Nobody here', subnet: '10.9.0.0/24' });
  const body = { name: 'New', subnet: '10.1.0.0/24' };
  expect(await done('POST', `${url}/organizations`, { ...late, body })).toMatchObject({ id: 7 });
});
