// What attacks on the bus happen in: every user connected, and clients that sign in and write meanwhile.
import { randomUUID } from 'node:crypto';
import { busUserNames } from '@parley/contracts';
import { clients } from '../fuzz/clients.js';
import { rawUser } from './bus-users.js';
import { ask } from './network.js';

/** Of those who sign in during `ordinaryTraffic`. */
export const password = 'a password on the bus';
/** What an access token says; `accountId` is the account, whatever form its wire gives to `sub`. */
export const claimsOf = (token) => {
  const claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());
  return { ...claims, accountId: claims.aid ?? claims.sub };
};

/** Each user of the bus connected as itself while `work` runs. */
export const asEveryUser = async (stack, work) => {
  const users = await Promise.all(busUserNames.map((user) => rawUser(stack, user)));
  try {
    return await work(users);
  } finally {
    await Promise.all(users.map(({ nc }) => nc.close()));
  }
};

/** Sign-ups and sign-ins with passwords, and a message. */
export const ordinaryTraffic = async (url) => {
  for (let n = 0; n < 3; n += 1) {
    const username = `heard-${randomUUID().slice(0, 8)}`;
    await ask(url, 'POST', '/v1/accounts', { body: { username, password } });
    await ask(url, 'POST', '/v1/sessions', { body: { login: username, password } });
  }
  const { token, known } = await clients.v1.user(url);
  const body = { clientId: randomUUID(), content: { type: 'text', text: 'for members alone' } };
  await ask(url, 'POST', `/v1/channels/${known.channelId}/messages`, { token, body });
};
