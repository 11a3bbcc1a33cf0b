import { Fault } from '@parley/contracts';
import { connectionOf } from '../caller.js';
import type { ExecuteDeps, Handler } from '../deps.js';

/** Only a token of the same session may extend a connection. */
export const renewToken =
  ({ principals }: Pick<ExecuteDeps, 'principals'>): Handler<'token.renew'> =>
  async ({ accessToken: token }, caller) => {
    const connection = connectionOf(caller);
    const { dialect, accountId, sessionId, realm } = caller.principal;
    const proof = await principals.authenticate({ kind: 'token', token }, { dialect, realms: [realm] });
    if (proof.principal.accountId !== accountId || proof.principal.sessionId !== sessionId) {
      throw new Fault('unauthenticated', 'invalid_token', 'The access token is not of this session');
    }
    connection.renew(proof.expiresAt - principals.now(), proof.principal.name);
    return { type: 'token.renew', expiresAt: new Date(proof.expiresAt).toISOString() };
  };
