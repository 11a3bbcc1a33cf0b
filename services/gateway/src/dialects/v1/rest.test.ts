import type { Realm } from '@parley/contracts';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { RestDeps } from '../../protocol/rest-deps.js';
import { routes } from './rest.js';

const deps = { realm: 'main' as Realm, allowedRealms: [] } as unknown as RestDeps;
const all = routes(deps);

test('every route is described in JSON Schema', () => {
  for (const each of all) {
    for (const schema of [each.params, each.query, each.body]) {
      if (schema) expect(() => z.toJSONSchema(schema, { io: 'input' })).not.toThrow();
    }
    for (const { schema } of Object.values(each.responses)) {
      if (schema) expect(() => z.toJSONSchema(schema)).not.toThrow();
    }
  }
});

test('no two routes are the same, and fixed paths come before those with a variable', () => {
  const names = all.map((each) => `${each.method} ${each.path}`);
  expect(new Set(names).size).toBe(names.length);
  expect(names.indexOf('delete /v1/sessions/current')).toBeLessThan(names.indexOf('delete /v1/sessions/:id'));
  expect(names.indexOf('put /v1/channels/:id/members/me')).toBeLessThan(
    names.indexOf('put /v1/channels/:id/members/:accountId'),
  );
});

test('every route that asks for an account can answer 401', () => {
  for (const each of all) if (each.access === 'account') expect(each.responses[401], each.path).toBeDefined();
});
