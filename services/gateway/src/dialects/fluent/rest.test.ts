import { describe, expect, test } from 'vitest';
import type { RestDeps } from '../../protocol/rest-deps.js';
import { fluent } from './index.js';
import * as shapes from './shapes.js';

const accessOf = (openDirectory: boolean) =>
  Object.fromEntries(
    fluent({ openDirectory })
      .routes({} as RestDeps)
      .map(({ path, access }) => [path, access]),
  );

test('the lists of users are open as the app needs them, unless they are closed; chats never are', () => {
  const chats = { '/chat/all_messages': 'account', '/chat/chat_list': 'account', '/chat/partnerinfo': 'account' };
  expect(accessOf(true)).toMatchObject({ '/users/search': 'anyone', '/auth/get_all_users': 'anyone', ...chats });
  expect(accessOf(false)).toMatchObject({ '/users/search': 'account', '/auth/get_all_users': 'account', ...chats });
});

describe('what an answer holds is exact', () => {
  test.each(['Registered', 'Tokens', 'PartnerInfo', 'Found', 'Item'] as const)('%s takes no other key', (name) => {
    const issues = shapes[name].safeParse({ other: 1 }).error?.issues ?? [];
    expect(issues.some(({ code }) => code === 'unrecognized_keys')).toBe(true);
  });
});

test('limit counts from 0 to 500, 20 unless it is given', () => {
  const limitOf = (limit?: string) =>
    shapes.History.parse({ partnerID: '1', ...(limit !== undefined && { limit }) }).limit;
  expect([limitOf(), limitOf('7'), limitOf('-3'), limitOf('9999')]).toEqual([20, 7, 0, 500]);
});
