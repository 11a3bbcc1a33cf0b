// Each service connects to PostgreSQL as a role of its own; only what migrates has the owner's password or the admin's.
import { ownerRole, serviceRole } from '@parley/postgres';
import { describe, expect, test } from 'vitest';
import { mountedBy, ofKind, refusal, render, secretBeforeBusUsers, secretOf, valueSets } from './rendered.js';
import type { Rendered } from './rendered.js';

const schemas = ['auth', 'topics', 'chat', 'signaling'];
const roles = ['admin', 'owner', ...schemas];
const urlKey = (role: string): string => `DATABASE_URL_${role.toUpperCase()}`;

/** Workload → which keys about PostgreSQL it mounts, as which file; jobs without the end of their names. */
const databaseKeys = (objects: readonly Rendered[]): Record<string, Record<string, string>> =>
  Object.fromEntries(
    [...mountedBy(objects)].flatMap(([name, items]) => {
      const own = items.filter(({ key }) => /DATABASE|POSTGRES|\*/.test(key)).map(({ key, path }) => [path, key]);
      return own.length === 0 ? [] : [[name.replace(/-[0-9a-f]{8}$/, ''), Object.fromEntries(own)]];
    }),
  );

describe.each(valueSets)('with the values "%s"', (values) => {
  const objects = render({ values });
  const isExternal = values === 'high-availability';

  test('each service mounts the URL of its own role, and what migrates also that of the owner and of the admin', () => {
    const expected: Record<string, Record<string, string>> = {};
    for (const schema of schemas) {
      expected[`Deployment parley-${schema}`] = { DATABASE_URL: urlKey(schema) };
      expected[`Job parley-${schema}-migrate`] = {
        DATABASE_URL: urlKey('owner'),
        // An operator who brings a PostgreSQL has made its roles.
        ...(!isExternal && {
          PARLEY_DATABASE_ADMIN_URL: urlKey('admin'),
          PARLEY_DATABASE_SERVICE_URL: urlKey(schema),
        }),
      };
    }
    if (!isExternal) expected['StatefulSet parley-postgres'] = { POSTGRES_PASSWORD: 'POSTGRES_PASSWORD' };
    expect(databaseKeys(objects)).toEqual(expected);
  });

  test('every file of a secret that a process is configured to read is mounted', () => {
    for (const { kind, metadata, spec } of objects) {
      const pod = (spec as { template?: { spec?: unknown } } | undefined)?.template?.spec;
      const named = [...JSON.stringify(pod ?? {}).matchAll(/"\/run\/parley\/secret\/([A-Z_]+)"/g)].map(
        ([, file]) => file,
      );
      const mounted = mountedBy([{ kind, metadata, spec }]).get(`${kind} ${metadata.name}`) ?? [];
      if (named.length > 0) expect(named.sort(), metadata.name).toEqual(mounted.map(({ path }) => path).sort());
    }
  });
});

test('a first install makes a URL for each role, with a password of its own', () => {
  const secret = secretOf(render());
  expect(Object.keys(secret).filter((key) => /DATABASE|POSTGRES/.test(key))).toEqual(
    [...roles.map(urlKey), 'POSTGRES_PASSWORD'].sort(),
  );
  const urls = Object.fromEntries(roles.map((role) => [role, new URL(secret[urlKey(role)] ?? '')]));
  expect(urls['owner']?.username).toBe(ownerRole);
  for (const schema of schemas) expect(urls[schema]?.username).toBe(serviceRole(schema));
  expect(urls['admin']?.password).toBe(secret['POSTGRES_PASSWORD']);
  expect(new Set(Object.values(urls).map(({ password }) => password)).size).toBe(roles.length);
  for (const { host, pathname } of Object.values(urls))
    expect([host, pathname]).toEqual(['parley-postgres:5432', '/parley']);
});

test('an upgrade keeps every URL, and makes the one that a new version needs', () => {
  const stored = secretOf(render());
  expect(secretOf(render({ stored }))).toEqual(stored);
  const { [urlKey('signaling')]: _removed, ...former } = stored;
  const upgraded = secretOf(render({ stored: former }));
  expect(upgraded).toMatchObject(former);
  expect(new URL(upgraded[urlKey('signaling')] ?? '').username).toBe('parley_signaling');
});

test('the upgrade from a release with one role for all keeps its password for the admin, and its URL until the next', () => {
  const first = secretOf(render({ stored: secretBeforeBusUsers }));
  expect(first).toMatchObject(secretBeforeBusUsers);
  expect(first[urlKey('admin')]).toBe(secretBeforeBusUsers.DATABASE_URL);
  const second = secretOf(render({ stored: first }));
  expect(Object.keys(second)).not.toContain('DATABASE_URL');
  for (const role of roles) expect(second[urlKey(role)]).toBe(first[urlKey(role)]);
});

test('a changed image is migrated by another job, the same one by the same', () => {
  const jobOf = (tag: string): string[] =>
    ofKind(render({ chart: 'chat', set: ['global.secret="parley"', `image.tag="${tag}"`] }), 'Job').map(
      ({ metadata }) => metadata.name,
    );
  expect(jobOf('0.2.0')).toEqual(jobOf('0.2.0'));
  expect(jobOf('0.2.0')).not.toEqual(jobOf('0.3.0'));
});

describe('a PostgreSQL that the chart does not bring', () => {
  const external = ['postgres.enabled=false', 'global.stores.postgres.to=[{"podSelector":{}}]'];
  const urlOf = (role: string): string => `postgres://${role}:x@db.example.org:5432/parley`;
  const urls = (...of: string[]): string =>
    `external.databaseUrls=${JSON.stringify(Object.fromEntries(of.map((role) => [role, urlOf(role)])))}`;

  test('has a URL for the owner and for each service', () => {
    const objects = render({ set: [...external, urls('owner', ...schemas)] });
    for (const role of ['owner', ...schemas]) expect(secretOf(objects)[urlKey(role)]).toBe(urlOf(role));
    expect(JSON.stringify(databaseKeys(objects))).not.toContain('ADMIN');
    expect(Object.keys(secretOf(objects))).not.toContain('DATABASE_URL_ADMIN');
  });

  test('has its roles made by the jobs where the operator gives an admin', () => {
    const makeRoles = 'global.stores.postgres.makeRoles=true';
    const objects = render({ set: [...external, makeRoles, urls(...roles)] });
    expect(secretOf(objects)[urlKey('admin')]).toBe(urlOf('admin'));
    expect(databaseKeys(objects)['Job parley-chat-migrate']).toHaveProperty('PARLEY_DATABASE_ADMIN_URL');
    expect(refusal({ set: [...external, makeRoles, urls('owner', ...schemas)] })).toContain(
      'global.stores.postgres.urls.admin is required',
    );
  });

  test.each([
    ['gives one', [`external.databaseUrl="${urlOf('all')}"`], undefined],
    ['gave one to the release before', [], { ...secretBeforeBusUsers, DATABASE_URL: urlOf('all') }],
  ])('has one URL for all where the operator %s', (_when, set, stored) => {
    const secret = secretOf(render({ set: [...external, ...set], ...(stored && { stored }) }));
    for (const role of ['owner', ...schemas]) expect(secret[urlKey(role)]).toBe(urlOf('all'));
  });
});

test('a Secret made by hand for one role goes on with it when that is asked for', () => {
  const objects = render({ set: ['secret.create=false', 'global.stores.postgres.sharedUrl=true'] });
  const keys = new Set(Object.values(databaseKeys(objects)).flatMap((files) => Object.entries(files).flat()));
  expect(keys).toEqual(new Set(['DATABASE_URL', 'POSTGRES_PASSWORD']));
});
