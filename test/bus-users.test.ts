import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { natsUsersFile } from '@parley/bus';
import {
  type BusUser,
  type BusUserName,
  BusEvent,
  Entry,
  auth,
  busUserNames,
  busUsers,
  chat,
  signaling,
  topics,
} from '@parley/contracts';
import { describe, expect, test } from 'vitest';

const entryKinds: readonly string[] = Entry.options.map((option) => option.shape.kind.value);
const root = fileURLToPath(new URL('..', import.meta.url));

/** The code of each user of the bus, without its tests. */
const folders: Readonly<Record<BusUserName, string>> = {
  auth: 'services/auth/src',
  topics: 'services/topics/src',
  chat: 'services/chat/src',
  signaling: 'services/signaling/src',
  gateway: 'services/gateway/src',
  'sample-data': 'services/gateway/src/sample-data',
  importer: 'importer/src',
};
const sourcesOf = (user: BusUserName): string[] =>
  readdirSync(join(root, folders[user]), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/\.(test|suite)\.ts$|(^|\/)testing\//.test(file))
    .filter((file) => user !== 'gateway' || !file.startsWith('sample-data/'))
    // What a dialect has of events are the examples of its documents.
    .filter((file) => !/\b(examples|documents|notifications)\.ts$/.test(file))
    .map((file) => readFileSync(join(root, folders[user], file), 'utf8'));

const contracts = [auth, topics, chat, signaling];
const operations = contracts.flatMap(({ service, nouns }) =>
  Object.entries(nouns).flatMap(([noun, verbs]) => Object.keys(verbs).map((verb) => ({ service, noun, verb }))),
);

/** `core.auth.account.me(…)`, `{ me } = core.auth.account`, or `{ account } = core.auth` with `account.me(…)`. */
const calls = (source: string, service: string, noun: string, verb: string): boolean =>
  new RegExp(`\\b${service}\\.${noun}\\.${verb}\\b`).test(source) ||
  new RegExp(`\\{[^{}]*\\b${verb}\\b[^{}]*\\} = [\\w.]*\\b${service}\\.${noun}\\b`).test(source) ||
  (new RegExp(`\\{[^{}]*\\b${noun}\\b[^{}]*\\} = [\\w.]*\\b${service}\\b`).test(source) &&
    new RegExp(`\\b${noun}\\.${verb}\\(`).test(source));

/** `requests: core.auth.request` in one file, `requests.claim(…)` in another. */
const callsPassedOn = (sources: readonly string[], service: string, noun: string, verb: string): boolean => {
  const passing = new RegExp(`\\b(\\w+): [\\w.]*\\b${service}\\.${noun}\\b,`, 'g');
  const names = sources.flatMap((source) => [...source.matchAll(passing)].map(([, name]) => name));
  return names.some((name) => sources.some((source) => source.includes(`${name}.${verb}(`)));
};

describe.each(busUserNames)('%s', (user) => {
  const sources = sourcesOf(user);
  const { calls: named, systemCalls, publishes, consumes, serves }: BusUser = busUsers[user];

  test('may call what its code calls, and nothing else', () => {
    const made = operations
      .filter(
        ({ service, noun, verb }) =>
          sources.some((source) => calls(source, service, noun, verb)) || callsPassedOn(sources, service, noun, verb),
      )
      .map(({ service, noun, verb }) => `${service}.${noun}.${verb}`);
    // It passes through chat, whose user it is that makes this call.
    const passedOn = user === 'gateway' ? ['topics.member.authorize'] : [];
    expect([...new Set([...named, ...systemCalls])].sort()).toEqual([...new Set([...made, ...passedOn])].sort());
  });

  test('may publish the events that its code publishes, and nothing else', () => {
    // A gateway also makes events that it does not publish, from what it read.
    const publishing = sources.filter((source) => user !== 'gateway' || /\b(publish|announce)\(/.test(source));
    const names = BusEvent.options.map((option) => option.shape.name.value);
    // The event of an entry has the name of its kind.
    const entries = publishing.some((source) => /\bname: entry\.kind\b/.test(source)) ? entryKinds : [];
    const made = names.filter(
      (name) =>
        entries.includes(name) ||
        publishing.some((source) => new RegExp(`(name: |name, |announce\\([^)]*)'${name}'`).test(source)),
    );
    expect([...new Set(publishes.map((route) => route.split('@')[0]))].sort()).toEqual(made.sort());
  });

  test('may consume the events that its code listens to, and nothing else', () => {
    const named = sources.flatMap((source) =>
      [...source.matchAll(/everyScopeOf\('([a-z.]+)', '([a-z]+)'\)/g)].map(([, name, kind]) => `${name}@${kind}`),
    );
    const whole = sources.some((source) => /everyEventOf\(/.test(source))
      ? ['*@channel', '*@account', '*@network']
      : [];
    expect([...consumes].sort()).toEqual([...named, ...whole].sort());
  });

  test('may answer the contract that its code serves', () => {
    const served = sources.flatMap((source) => [...source.matchAll(/\bbus\.serve\(\s*(\w+)/g)].map(([, name]) => name));
    expect(served).toEqual(serves === null ? [] : [serves]);
  });
});

test.each(['deploy/compose/nats-users.conf', 'k8s/charts/platform/files/nats-users.conf'])(
  '%s is what the contracts say (npm run nats-users writes it)',
  (file) => {
    const [, , ...lines] = readFileSync(join(root, file), 'utf8').split('\n');
    expect(lines.join('\n')).toBe(natsUsersFile());
  },
);
