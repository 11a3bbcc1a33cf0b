import { expect, test } from 'vitest';
import { Scope, everyEventOf, eventSubject } from './subjects.js';

const id = '7f0c0000-0000-4000-8000-000000000001';

test('a subject is words of ours and one id that a server made', () => {
  const scope = Scope.parse({ kind: 'channel', id });
  expect(eventSubject('message.created', scope)).toBe(`evt.message.created.channel.${id}`);
  expect(everyEventOf(scope)).toBe(`evt.*.*.channel.${id}`);
});

test.each(['>', '*', 'a.b', '', ' ', 'General', `${id}.>`, `${id} `, `*.${id}`, `${id}\n`, '../etc', id.slice(1)])(
  'a scope with the id %j does not exist',
  (odd) => {
    expect(Scope.safeParse({ kind: 'channel', id: odd }).success).toBe(false);
  },
);

test('a scope of another kind does not exist', () => {
  expect(Scope.safeParse({ kind: '>', id }).success).toBe(false);
});
