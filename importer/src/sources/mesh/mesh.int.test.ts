import { expect, test } from 'vitest';
import { hashes } from '../../testing/hashes.js';
import { makeMeshDatabase, meshRows, type MeshRows } from '../../testing/mesh-database.js';
import { lines, readSource, recordsOf } from '../../testing/read-source.js';

test('users, organizations, members and addresses keep their ids', async () => {
  await using database = await makeMeshDatabase(meshRows);
  const source = await readSource('mesh', { location: database.url });
  expect(
    recordsOf(source, 'account').map(({ number, username, email, name, credential, createdAt }) => [
      number,
      username,
      email,
      name,
      credential?.hash,
      createdAt,
    ]),
  ).toEqual([
    [1, null, 'one@example.com', null, hashes['mesh-one'], null],
    [2, null, 'Two@example.com', null, hashes['mesh-two'], null],
    [5, null, 'three@bücher.example', null, hashes['mesh-three'], null],
  ]);
  expect(recordsOf(source, 'organization')).toEqual([
    { type: 'organization', sourceId: '1', number: 1, name: 'Office', subnet: '10.0.0.0/24', createdBy: '1' },
    { type: 'organization', sourceId: '2', number: 2, name: 'Lab', subnet: '10.7.7.77/255.255.255.0', createdBy: '2' },
    { type: 'organization', sourceId: '4', number: 4, name: 'Pair', subnet: '192.168.5.0/31', createdBy: '1' },
    { type: 'organization', sourceId: '6', number: 6, name: 'Nobody here', subnet: '10.9.0.0/24', createdBy: null },
  ]);
  expect(recordsOf(source, 'organization_member').map(({ organization, account }) => [organization, account])).toEqual([
    ['1', '1'],
    ['1', '2'],
    ['1', '5'],
    ['2', '2'],
    ['2', '5'],
    ['4', '1'],
  ]);
  expect(
    recordsOf(source, 'lease').map(({ organization, account, address }) => [organization, account, address]),
  ).toEqual([
    ['1', '1', '10.0.0.1'],
    ['1', '2', '10.0.0.4'],
    ['2', '5', '10.7.7.1'],
    ['4', '1', '192.168.5.0'],
  ]);
  expect(lines(source.findings)).toEqual(['reported 6 organization 6: It has no members, and so no owner']);
});

const users: MeshRows['users'] = [1, 2, 3, 4].map((id) => [id, `user${id}@example.com`, hashes['mesh-one']]);

test('doubled addresses, addresses that are none and subnets that cannot be served are refused', async () => {
  await using database = await makeMeshDatabase({
    users,
    organizations: [
      [1, 'Office', '10.0.0.0/24'],
      [2, 'Everything', '0.0.0.0/0'],
      [3, 'Version 6', 'fd00::/8'],
      [4, 'Large', '10.0.0.0/8'],
      [5, 'n'.repeat(256), '10.0.0.0/24'],
      [6, 'Twice', '10.0.0.0/24'],
    ],
    members: [
      ...[1, 2, 3, 4].map((user) => [user, 1]),
      ...[2, 3, 4, 5, 6].map((organization) => [1, organization]),
      [2, 6],
    ],
    addresses: [
      [1, 1, '10.0.0.7', 1],
      [2, 2, '10.0.0.7', 1],
      [3, 3, '10.0.0.8', 1],
      [4, 3, '10.0.0.9', 1],
      [5, 4, '10.0.0.255', 1],
      [6, 1, '1.2.3.4', 2],
      [7, 1, '10.2.0.0', 4],
      [8, 1, '10.0.0.999', 6],
      [9, 2, 'fd00::1', 6],
    ],
  });
  const source = await readSource('mesh', { location: database.url });
  expect(lines(source.findings)).toEqual([
    'refused 6 organization 2: The subnet is not an IPv4 subnet from /8 to /32',
    'refused 6 organization 3: The subnet is not an IPv4 subnet from /8 to /32',
    'refused 7 organization 5: The name has more than 255 characters',
    'refused 8 virtual_ip_mapping 1: Another user has the same address in this organization',
    'refused 8 virtual_ip_mapping 2: Another user has the same address in this organization',
    'refused 8 virtual_ip_mapping 3: The user has another address in this organization',
    'refused 8 virtual_ip_mapping 4: The user has another address in this organization',
    "refused 6 virtual_ip_mapping 5: Not an address of a host in the organization's subnet",
    'refused 6 virtual_ip_mapping 7: It leaves more than 65,536 addresses free below it',
    'refused 6 virtual_ip_mapping 8: Not an IPv4 address',
    'refused 6 virtual_ip_mapping 9: Not an IPv4 address',
  ]);
  expect(recordsOf(source, 'lease')).toEqual([]);
});

test('e-mail addresses that are equal in any case are refused, and orphans left out', async () => {
  await using database = await makeMeshDatabase({
    users: [
      [1, 'Ada@example.com', hashes['mesh-one']],
      [2, 'ada@example.com', hashes['mesh-one']],
      [3, 'no address', hashes['mesh-one']],
      [4, 'dora@example.com', ''],
    ],
    organizations: [[1, '', '10.0.0.0/24']],
    members: [
      [4, 1],
      [99, 1],
      [4, 99],
    ],
    addresses: [
      [1, 4, '10.0.0.1', 1],
      [2, 4, '10.0.0.1', 1],
      [3, 99, '10.0.0.1', 1],
      [4, 4, '10.0.0.2', 99],
      [5, 3, '10.0.0.3', 1],
      [6, null, null, null],
    ],
  });
  const source = await readSource('mesh', { location: database.url });
  expect(lines(source.findings)).toEqual([
    'refused 8 user 1: The e-mail address is the same name as in row 2',
    'refused 8 user 2: The e-mail address is the same name as in row 1',
    'reported 8 user 3: Nobody can sign in with this e-mail address, which is left out',
    'reported 8 user 3: Without a user name or an e-mail address nobody can sign in to this account',
    'reported 8 user 4: Not a password hash that Parley can check: nobody can sign in',
    'left_out 8 organization_user user 99 in organization 1: Orphaned: there is no user 99',
    'left_out 8 organization_user user 4 in organization 99: Orphaned: there is no organization 99',
    'left_out 8 virtual_ip_mapping 2: The same user has the same address in another row',
    'left_out 8 virtual_ip_mapping 3: User 99 is not a member of organization 1',
    'left_out 8 virtual_ip_mapping 5: User 3 is not a member of organization 1',
    'left_out 8 virtual_ip_mapping 4: User 4 is not a member of organization 99',
    'left_out 8 virtual_ip_mapping 6: User null is not a member of organization null',
  ]);
  expect(recordsOf(source, 'lease')).toMatchObject([{ account: '4', address: '10.0.0.1' }]);
});
