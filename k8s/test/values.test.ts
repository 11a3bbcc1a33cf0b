import { expect, test } from 'vitest';
import { refusal, services, type Wish } from './rendered.js';

const secret = 'global.secret="parley"';

const wrong: [string, Wish, string][] = [
  ['replicas below nothing', { set: ['chat.replicas=-1'] }, 'replicas'],
  ['no replica', { chart: 'chat', set: [secret, 'replicas=0'] }, 'replicas'],
  ['a key that nobody knows', { set: ['chat.replica=3'] }, "additional properties 'replica' not allowed"],
  ['a variable that nobody reads', { set: ['gateway.config={"PARLEY_DRAIN":1}'] }, "'PARLEY_DRAIN' not allowed"],
  ['a secret among the settings', { set: ['auth.config={"PARLEY_SECRET":"x"}'] }, "'PARLEY_SECRET' not allowed"],
  ['a setting of another service', { set: ['chat.config={"PARLEY_REALMS":"main"}'] }, "'PARLEY_REALMS' not allowed"],
  ['a retention below nothing', { set: ['chat.config={"PARLEY_RETENTION_DAYS":-1}'] }, 'minimum: got -1, want 0'],
  ['a retention beyond a century', { set: ['chat.config={"PARLEY_RETENTION_DAYS":36501}'] }, 'maximum: got 36,501'],
  ['a retention in words', { set: ['chat.config={"PARLEY_RETENTION_DAYS":"30 days"}'] }, 'PARLEY_RETENTION_DAYS'],
  ['a former name with a wrong value', { set: ['chat.config={"PARLEY_CHAT_KEPT_DAYS":"x"}'] }, 'PARLEY_CHAT_KEPT_DAYS'],
  ['a part of a message', { set: ['chat.config={"PARLEY_CHAT_WAITING_MAX":1.5}'] }, 'PARLEY_CHAT_WAITING_MAX'],
  [
    'an answer that is neither yes nor no',
    { set: ['gateway.config={"PARLEY_SAMPLE_DATA":"maybe"}'] },
    'PARLEY_SAMPLE_DATA',
  ],
  ['no secret', { chart: 'chat' }, 'global.secret is required: the name of a Secret with the URLs of the stores'],
  [
    'a drain longer than the grace period',
    { set: ['global.drainSeconds=30', 'global.terminationGracePeriodSeconds=30'] },
    'draining over global.drainSeconds (30) needs 53',
  ],
  ['a drain that never ends', { set: ['global.drainSeconds=100000'] }, 'drainSeconds'],
  ['latest', { chart: 'chat', set: [secret, 'image.tag="latest"'] }, 'image.tag must name a version'],
  ['latest of a store', { set: ['nats.image="nats:latest"'] }, 'image'],
  [
    'fewer at most than at least',
    { chart: 'chat', set: [secret, 'autoscaling.enabled=true', 'autoscaling.min=5', 'autoscaling.max=2'] },
    'autoscaling.min is 5 and autoscaling.max is 2',
  ],
  ['an ingress without a name', { set: ['gateway.ingress.enabled=true'] }, 'ingress.host is required'],
  [
    'a store without a URL',
    { values: 'high-availability', set: ['secret.create=true', 'external.natsUrl="nats://n:4222"'] },
    'global.stores.postgres.urls.owner is required with postgres.enabled=false',
  ],
  [
    'a NATS without a URL for one of its users',
    {
      values: 'high-availability',
      set: ['secret.create=true', 'external.natsUrls={"auth":"nats://n","topics":"nats://n","chat":"nats://n"}'],
    },
    'global.stores.nats.urls.signaling is required with nats.enabled=false',
  ],
  [
    'one user of the bus in a Secret that has several',
    { set: ['global.stores.nats.sharedUrl=true'] },
    'global.stores.nats.sharedUrl is for a Secret made by hand',
  ],
  [
    'a Secret made by hand that lacks a user of the bus',
    { set: ['secret.create=false'], stored: { NATS_URL: 'nats://parley:x@parley-nats:4222' } },
    'the Secret parley has no key nats-passwords.conf',
  ],
  [
    'a Secret made by hand whose NATS would not start for want of a password',
    {
      set: ['secret.create=false'],
      stored: {
        ...Object.fromEntries(
          services.map((service) => [`NATS_URL_${service.toUpperCase()}`, 'nats://x:x@parley-nats:4222']),
        ),
        'nats-passwords.conf': ['auth', 'topics', 'chat', 'signaling', 'gateway', 'sample_data']
          .map((user) => `${user}_password: "x"\n`)
          .join(''),
      },
    },
    'nats-passwords.conf of the Secret parley has no line importer_password',
  ],
  [
    'one role of PostgreSQL in a Secret that has several',
    { set: ['global.stores.postgres.sharedUrl=true'] },
    'global.stores.postgres.sharedUrl is for a Secret made by hand',
  ],
  [
    'a Secret made by hand that lacks a role of PostgreSQL',
    {
      set: ['secret.create=false', 'global.stores.nats.sharedUrl=true'],
      stored: { DATABASE_URL: 'postgres://parley:x@parley-postgres:5432/parley' },
    },
    'the Secret parley has no key DATABASE_URL_ADMIN',
  ],
  [
    'a server with TLS whose clients trust nobody',
    { set: ['nats.tls.secret="nats-tls"'] },
    'global.stores.nats.tls.caSecret is required with nats.tls.secret',
  ],
  [
    'clients with TLS whose server has none',
    { set: ['global.stores.redis.tls.caSecret="redis-tls"'] },
    'redis.tls.secret is required with global.stores.redis.tls.caSecret',
  ],
  [
    'a server that asks for certificates that nobody has',
    {
      set: ['nats.tls={"secret":"nats-tls","verifyClients":true}', 'global.stores.nats.tls.caSecret="nats-tls"'],
    },
    'global.stores.nats.tls.clientSecret is required with nats.tls.verifyClients',
  ],
  [
    'a store that nobody may reach',
    { set: ['postgres.enabled=false', 'external.databaseUrl="postgres://p"'] },
    'global.stores.postgres.to is required with postgres.enabled=false',
  ],
  [
    'a collector that is nowhere',
    { set: ['global.tracing.endpoint="http://c:4318"'] },
    'global.tracing.to is required',
  ],
  ['a share above all', { set: ['global.tracing.ratio=2'] }, 'ratio'],
  ['an amount that is none', { chart: 'chat', set: [secret, 'resources.limits.memory="much"'] }, 'memory'],
  [
    'an ingress whose clients would all count as one',
    { set: ['gateway.ingress={"enabled":true,"host":"chat.example.org"}'] },
    'gateway.config.PARLEY_TRUSTED_PROXIES is required with gateway.ingress.enabled',
  ],
  [
    'a Secret that somebody made by hand, made again',
    { live: [{ kind: 'Secret', metadata: { name: 'parley' } }] },
    'the Secret parley was not made by this chart',
  ],
  [
    'a Secret of another release in the same namespace',
    { release: 'second', stored: { PARLEY_SECRET: 'x' } },
    'the Secret parley belongs to the release parley',
  ],
  ['no Secret where there is a cluster', { set: ['secret.create=false'], live: [] }, 'there is no Secret parley'],
];

test.each(wrong)('%s is refused with a sentence that helps', (_what, wish, sentence) => {
  expect(refusal(wish)).toContain(sentence);
});
