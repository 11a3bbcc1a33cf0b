// Where stores are follows the values at each upgrade, in both directions; what the chart made itself stays.
import { describe, expect, test } from 'vitest';
import { ofKind, refusal, render, secretOf } from './rendered.js';
import type { Rendered, Wish } from './rendered.js';

const own = secretOf(render());

const natsAt = (host: string): string => `nats://all:x@${host}:4222`;
const databaseAt = (host: string): string => `postgres://all:x@${host}:5432/parley`;
const redisAt = (host: string): string => `redis://:x@${host}:6379`;

const elsewhere = (host: string): string[] => [
  ...['nats', 'postgres', 'redis'].map((store) => `${store}.enabled=false`),
  ...['nats', 'postgres', 'redis'].map((store) => `global.stores.${store}.to=[{"podSelector":{}}]`),
  `global.stores.nats.url="${natsAt(host)}"`,
  `global.stores.postgres.url="${databaseAt(host)}"`,
  `global.stores.redis.url="${redisAt(host)}"`,
];

/** The URLs that services are given, without those of a role that nobody needs. */
const urlsOf = (secret: Record<string, string>): string[] =>
  ['NATS_URL_CHAT', 'NATS_URL_GATEWAY', 'DATABASE_URL_OWNER', 'DATABASE_URL_CHAT', 'REDIS_URL'].map(
    (key) => secret[key] ?? '',
  );
const urlsAt = (host: string): string[] => [natsAt, natsAt, databaseAt, databaseAt, redisAt].map((at) => at(host));

describe('an upgrade', () => {
  test('leads from the stores of the chart to others', () => {
    const secret = secretOf(render({ stored: own, set: elsewhere('first.example.org') }));
    expect(urlsOf(secret)).toEqual(urlsAt('first.example.org'));
    expect(secret['PARLEY_SECRET']).toBe(own['PARLEY_SECRET']);
    expect(secret['POSTGRES_PASSWORD']).toBe(own['POSTGRES_PASSWORD']);
  });

  test('leads from these to others again', () => {
    const first = secretOf(render({ stored: own, set: elsewhere('first.example.org') }));
    const second = secretOf(render({ stored: first, set: elsewhere('second.example.org') }));
    expect(urlsOf(second)).toEqual(urlsAt('second.example.org'));
  });

  test('leads back to the stores of the chart, with the password of its PostgreSQL', () => {
    const first = secretOf(render({ stored: own, set: elsewhere('first.example.org') }));
    const back = secretOf(render({ stored: first }));
    const hosts = urlsOf(back).map((url) => new URL(url).hostname);
    expect(hosts).toEqual(['parley-nats', 'parley-nats', 'parley-postgres', 'parley-postgres', 'parley-redis']);
    expect(back['DATABASE_URL_ADMIN']).toBe(own['DATABASE_URL_ADMIN']);
    expect(back['REDIS_URL']).toBe(own['REDIS_URL']);
    const password = new URL(back['NATS_URL_CHAT'] ?? '').password;
    expect(back['nats-passwords.conf']).toContain(`chat_password: "${password}"`);
  });

  test('keeps URLs that the values do not repeat', () => {
    const first = secretOf(render({ stored: own, set: elsewhere('first.example.org') }));
    const repeated = elsewhere('').filter((setting) => !setting.includes('.url='));
    expect(urlsOf(secretOf(render({ stored: first, set: repeated })))).toEqual(urlsAt('first.example.org'));
  });

  test.each(['nats', 'postgres', 'redis'])(
    'does not go on with the %s of the chart when that is switched off',
    (store) => {
      const off = [`${store}.enabled=false`, `global.stores.${store}.to=[{"podSelector":{}}]`];
      expect(refusal({ stored: own, set: off })).toMatch(new RegExp(`global.stores.${store}.url\\S* is required`));
    },
  );

  test('starts pods again that would have gone on with the former URL', () => {
    const annotationsOf = (wish: Wish): Record<string, string> => {
      const chat = ofKind(render(wish), 'Deployment').find(({ metadata }) => metadata.name === 'parley-chat');
      const { template } = chat?.spec as { template: { metadata: { annotations: Record<string, string> } } };
      return template.metadata.annotations;
    };
    const first = annotationsOf({ set: elsewhere('first.example.org') });
    expect(annotationsOf({ set: elsewhere('first.example.org') })).toEqual(first);
    expect(annotationsOf({ set: elsewhere('second.example.org') })).not.toEqual(first);
  });
});

describe('every key of a Secret that a pod mounts is in the Secret that the chart makes', () => {
  const switches = ['gateway.enrolment', 'gateway.sampleData', 'nats.enabled', 'postgres.enabled', 'redis.enabled'];
  const combinations = Array.from({ length: 2 ** switches.length }, (_, bits) =>
    switches.map((name, at) => `${name}=${String((bits & (1 << at)) !== 0)}`),
  );

  /** Keys of the Secret that workloads mount. */
  const mounted = (objects: readonly Rendered[]): string[] =>
    [...JSON.stringify(objects).matchAll(/"secretName":"parley",[^\]]*"items":\[([^\]]*)\]/g)].flatMap(([, items]) =>
      [...(items ?? '').matchAll(/"key":"([^"]+)"/g)].map(([, key]) => key ?? ''),
    );

  test.each(combinations.map((set) => [set.join(' '), set]))('%s', (_name, set) => {
    const stores = elsewhere('stores.example.org').filter((setting) => !setting.includes('.enabled='));
    const objects = render({ set: [...set, ...stores] });
    const keys = mounted(objects);
    expect(keys.length).toBeGreaterThan(10);
    const secret = secretOf(objects);
    expect(keys.filter((key) => !(key in secret))).toEqual([]);
  });
});
