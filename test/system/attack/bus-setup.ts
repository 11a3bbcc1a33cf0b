// What attacks on the bus are made in: every user connected, and clients that sign in and write meanwhile.
import { randomUUID } from 'node:crypto';
import { busUserNames } from '@parley/contracts';
import type { Stack } from '@parley/testing';
import jsonwebtoken from 'jsonwebtoken';
import { done, unique } from '../../clients/http.js';
import { textContent } from '../../clients/v1.js';
import { clients } from '../fuzz/clients.js';
import { type RawUser, rawUser } from './bus-users.js';

/** Of those who sign in during `ordinaryTraffic`. */
export const password = 'a password on the bus';

interface Claims {
  readonly realm: string;
  readonly sid: string;
  /** The account, whatever form its wire gives to `sub`. */
  readonly accountId: string;
}

/** What an access token says. */
export const claimsOf = (token: string): Claims => {
  const claims = jsonwebtoken.decode(token, { json: true });
  if (claims === null) throw new Error('No access token');
  const { realm, sid, aid, sub } = claims as { realm: string; sid: string; aid?: string; sub: string };
  return { realm, sid, accountId: aid ?? sub };
};

/** Each user of the bus connected as itself while `work` runs. */
export const asEveryUser = async (
  stack: Stack,
  work: (users: readonly RawUser[]) => Promise<unknown>,
): Promise<void> => {
  const users = await Promise.all(busUserNames.map((user) => rawUser(stack, user)));
  try {
    await work(users);
  } finally {
    await Promise.all(users.map(({ nc }) => nc.close()));
  }
};

/** Sign-ups and sign-ins with passwords, and a message. */
export const ordinaryTraffic = async (url: string): Promise<void> => {
  for (let n = 0; n < 3; n += 1) {
    const username = unique('ordinary');
    await done('POST', `${url}/v1/accounts`, { body: { username, password } });
    await done('POST', `${url}/v1/sessions`, { body: { login: username, password } });
  }
  const { token, channelId } = await clients.v1.user(url);
  const body = { clientId: randomUUID(), content: textContent('for members alone') };
  await done('POST', `${url}/v1/channels/${channelId}/messages`, { token, body });
};
