// Each service is a user of the bus with permissions of its own, and has the password of no other.
import { natsUsersFile } from '@parley/bus';
import { busUserNames } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import { configOf, mountedBy, ofKind, render, secretBeforeBusUsers, secretOf, valueSets } from './rendered.js';
import type { Rendered } from './rendered.js';

const urlKey = (user: string): string => `NATS_URL_${user.toUpperCase().replaceAll('-', '_')}`;
const urlKeys = busUserNames.map(urlKey);

const passwordOf = (url: string | undefined): string => new URL(url ?? '').password;
const natsUsersOf = (objects: readonly Rendered[]): string => configOf(objects, 'nats')['nats-users.conf'] ?? '';

describe.each(valueSets)('with the values "%s"', (values) => {
  const mounted = mountedBy(render({ values }));

  test('each service mounts the URL of its own user of the bus, and no other', () => {
    const bus = [...mounted].map(([name, items]) => [name, items.filter(({ key }) => /NATS|nats|\*/.test(key))]);
    const expected: Record<string, string> = Object.fromEntries(
      busUserNames
        .filter((user) => user !== 'sample-data' && user !== 'importer')
        .map((user) => [`Deployment parley-${user}`, user]),
    );
    if (values === 'everything') expected['Job parley-gateway-sample-data'] = 'sample-data';
    const nats = values === 'high-availability' ? {} : { 'Deployment parley-nats': 'nats-passwords.conf' };
    expect(Object.fromEntries(bus.filter(([, items]) => items?.length !== 0))).toEqual({
      ...Object.fromEntries(
        Object.entries(expected).map(([name, user]) => [name, [{ key: urlKey(user), path: 'NATS_URL' }]]),
      ),
      ...Object.fromEntries(Object.entries(nats).map(([name, key]) => [name, [{ key, path: key }]])),
    });
  });
});

test('the users of the NATS that the chart brings are those of compose', () => {
  const [, include, ...lines] = natsUsersOf(render()).split('\n');
  // A variable is known in the file in which it is defined or included.
  expect(include).toBe('include "../secret/nats-passwords.conf"');
  expect(lines.join('\n').trim()).toBe(natsUsersFile().trim());
});

test('each user has a password of its own, which NATS is given', () => {
  const secret = secretOf(render());
  expect(Object.keys(secret).filter((key) => key.startsWith('NATS_URL'))).toEqual([...urlKeys].sort());
  const passwords = busUserNames.map((user) => {
    const { username, password, host } = new URL(secret[urlKey(user)] ?? '');
    expect([username, host]).toEqual([user, 'parley-nats:4222']);
    expect(password).toMatch(/^\w{32}$/);
    return password;
  });
  expect(new Set(passwords).size).toBe(busUserNames.length);
  const lines = busUserNames.map((user, at) => `${user.replaceAll('-', '_')}_password: "${passwords[at]}"\n`);
  expect(secret['nats-passwords.conf']).toBe(lines.join(''));
});

test('a release that is upgraded keeps its secrets, also those that an operator added', () => {
  const stored = { ...secretOf(render()), PARLEY_SWIFTY_ENROLMENT_SECRET: 'added by hand' };
  expect(secretOf(render({ stored }))).toEqual(stored);
});

test('a user that a new version adds gets a password, and NATS all of them', () => {
  const { [urlKey('signaling')]: _removed, ...stored } = secretOf(render());
  const upgraded = secretOf(render({ stored }));
  expect(upgraded).toMatchObject({ ...stored, 'nats-passwords.conf': expect.any(String) });
  const password = passwordOf(upgraded[urlKey('signaling')]);
  expect(upgraded['nats-passwords.conf']).toContain(`signaling_password: "${password}"`);
});

describe('the upgrade from a release with one user for all', () => {
  const former = secretBeforeBusUsers;
  const first = render({ stored: former });
  const second = render({ stored: secretOf(first) });

  test('adds a URL for each service and keeps the rest', () => {
    expect(secretOf(first)).toMatchObject(former);
    expect(Object.keys(secretOf(first))).toEqual(expect.arrayContaining(urlKeys));
  });

  test('keeps the former user for pods that still run, and the next upgrade removes it', () => {
    expect(natsUsersOf(first)).toContain('{ user: "parley", password: $parley_password }');
    expect(secretOf(first)['nats-passwords.conf']).toContain('parley_password: "former"');

    expect(natsUsersOf(second)).not.toContain('parley_password');
    const { NATS_URL: _url, DATABASE_URL: _database, 'nats-authorization.conf': _file, ...kept } = secretOf(first);
    const { 'nats-passwords.conf': passwords, ...others } = kept;
    expect(secretOf(second)).toMatchObject(others);
    expect(secretOf(second)['nats-passwords.conf']).toBe(passwords?.replace('parley_password: "former"\n', ''));
    expect(Object.keys(secretOf(second)).sort()).toEqual(Object.keys(kept).sort());
  });

  test('starts NATS again when its users change', () => {
    const checksum = (objects: readonly Rendered[]): unknown => {
      const nats = ofKind(objects, 'Deployment').find(({ metadata }) => metadata.name === 'parley-nats');
      const { template } = nats?.spec as { template: { metadata: { annotations: Record<string, string> } } };
      return template.metadata.annotations['checksum/config'];
    };
    expect(checksum(first)).not.toBe(checksum(second));
    expect(checksum(second)).toBe(checksum(render()));
  });
});

describe('a NATS that the chart does not bring', () => {
  const external = ['nats.enabled=false', 'global.stores.nats.to=[{"podSelector":{}}]'];

  test('has a URL for each service', () => {
    const natsUrls = Object.fromEntries(busUserNames.map((user) => [user, `tls://${user}:x@nats.example.org:4222`]));
    const secret = secretOf(render({ set: [...external, `external.natsUrls=${JSON.stringify(natsUrls)}`] }));
    for (const user of busUserNames) expect(secret[urlKey(user)]).toBe(natsUrls[user]);
    expect(Object.keys(secret)).not.toContain('nats-passwords.conf');
  });

  test('has one URL for all where the operator gives one', () => {
    const url = 'nats://all:x@nats.example.org:4222';
    const secret = secretOf(render({ set: [...external, `external.natsUrl="${url}"`] }));
    for (const user of busUserNames) expect(secret[urlKey(user)]).toBe(url);
    expect(Object.keys(secret)).not.toContain('NATS_URL');
  });

  test('keeps the URL of the release before for all', () => {
    const url = 'nats://parley:x@nats.example.org:4222';
    const secret = secretOf(render({ set: external, stored: { NATS_URL: url, PARLEY_SECRET: 'kept' } }));
    for (const user of busUserNames) expect(secret[urlKey(user)]).toBe(url);
  });
});

test('a Secret made by hand for one user goes on with it when that is asked for', () => {
  const objects = render({
    set: ['secret.create=false', 'global.stores.nats.sharedUrl=true', 'gateway.sampleData=true'],
  });
  const bus = [...mountedBy(objects).values()].flat().filter(({ key }) => /nats/i.test(key));
  expect(new Set(bus.map(({ key }) => key))).toEqual(new Set(['NATS_URL', 'nats-authorization.conf']));
  const config = configOf(objects, 'nats');
  expect(Object.keys(config)).toEqual(['nats.conf']);
  expect(config['nats.conf']).toContain('include "../secret/nats-authorization.conf"');
});
