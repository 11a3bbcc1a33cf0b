// What Compose runs first, for the volumes that docker-compose.yml gives it.
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { busUserNames } from '@parley/contracts';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { listSecrets, makeSecrets, type SecretPlaces } from '../deploy/image/secrets.js';

interface Job {
  readonly command: readonly string[];
  readonly volumes: readonly string[];
}

const compose = readFileSync(fileURLToPath(new URL('../docker-compose.yml', import.meta.url)), 'utf8');
const { secrets } = (parse(compose, { merge: true }) as { services: { secrets: Job } }).services;
const names = secrets.command.slice(2);

let places: SecretPlaces;
beforeEach(() => {
  vi.spyOn(console, 'log').mockReturnValue(undefined);
  const folder = mkdtempSync(join(tmpdir(), 'parley-secrets-'));
  for (const volume of secrets.volumes) {
    const [, mounted = ''] = /:\/run\/parley\/([a-z-]+)$/.exec(volume) ?? [];
    mkdirSync(join(folder, mounted), { recursive: true });
  }
  places = { folder, postgres: join(folder, 'postgres-data') };
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(places.folder, { recursive: true });
});

const all = (): Record<string, string> =>
  Object.fromEntries(
    readdirSync(places.folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => [
        join(parentPath, name).slice(places.folder.length + 1),
        readFileSync(join(parentPath, name), 'utf8'),
      ]),
  );

test('each user of the bus has a URL with a password that NATS is given', () => {
  makeSecrets(places, names);
  const files = all();
  for (const user of busUserNames) {
    const password = files[`bus-${user}/password`] ?? '';
    expect(password).toMatch(/^[\w-]{43}$/);
    expect(files[`bus-${user}/url`]).toBe(`nats://${user}:${password}@nats:4222`);
    expect(files['bus/passwords.conf']).toContain(`${user.replaceAll('-', '_')}_password: "${password}"`);
  }
  expect(new Set(Object.values(files)).size).toBe(Object.keys(files).length);
});

test('a second start changes no password, and makes again what is made of them', () => {
  makeSecrets(places, names);
  const before = all();
  for (const file of ['redis/url', 'bus/passwords.conf']) rmSync(join(places.folder, file));
  makeSecrets(places, names);
  expect(all()).toEqual(before);
});

test('a database whose password is gone is refused with a sentence, and no password is made for it', () => {
  mkdirSync(places.postgres);
  writeFileSync(join(places.postgres, 'PG_VERSION'), '17');
  expect(() => makeSecrets(places, names)).toThrow(/^The volume of PostgreSQL holds data, but its password is gone/);
  expect(Object.keys(all())).not.toContain('database/password');
});

test('a part that there is not is refused', () => {
  expect(() => makeSecrets(places, ['dtabase'])).toThrow(/^There are no secrets dtabase; there are auth, database/);
});

test('the secret of a database that is restored is taken over, and never replaces another one', () => {
  const secret = 'the secret of the machine that is gone, 43 characters';
  makeSecrets({ ...places, secret }, names);
  expect(all()['auth/secret']).toBe(secret);
  makeSecrets(places, names);
  expect(all()['auth/secret']).toBe(secret);
  expect(() => makeSecrets({ ...places, secret: 'another one' }, names)).toThrow(/^PARLEY_SECRET is not the secret in/);
  expect(all()['auth/secret']).toBe(secret);
});

test('what was made is printed once each, all of it or one part', () => {
  makeSecrets(places, names);
  const files = all();
  const lines = listSecrets(places);
  expect(lines).toContain(`auth/secret ${files['auth/secret']}`);
  expect(lines).toContain(`grafana/password ${files['grafana/password']}`);
  expect(lines).toHaveLength(Object.keys(files).filter((name) => /\/(password|secret)$/.test(name)).length);
  expect(listSecrets(places, ['grafana'])).toEqual([`grafana/password ${files['grafana/password']}`]);
  expect(listSecrets(places, ['bus']).map((line) => line.split('/')[0])).toEqual(
    [...busUserNames].sort().map((user) => `bus-${user}`),
  );
  expect(() => listSecrets(places, ['grafna'])).toThrow(/^There are no secrets grafna/);
});
