import { randomUUID } from 'node:crypto';
import { isFault, SessionId } from '@parley/contracts';
import type { Account, AccountPrincipal, DialectName, Realm } from '@parley/contracts';
import type { Log } from '@parley/runtime';
import type { Core } from '../core.js';

/** Where sample data goes: the world of one wire, through the core's own calls. */
export interface Place {
  readonly core: Core;
  readonly realm: Realm;
  readonly dialect: DialectName;
  readonly log: Log;
}

interface SampleUser {
  readonly username: string;
  readonly password: string;
  readonly email?: string;
  readonly firstName?: string;
  readonly lastName?: string;
}

/** Registers missing users. Logs once, on the run that finds it so, which names other accounts have. */
export const registerUsers = async (users: readonly SampleUser[], { core, realm, dialect, log }: Place) => {
  const taken: string[] = [];
  for (const user of users) {
    const principal = { kind: 'anonymous', realm, dialect } as const;
    await core.auth.account.register({ kind: 'person', ...user }, { principal }).catch((error: unknown) => {
      if (!isFault(error) || error.code !== 'conflict') throw error;
      taken.push(user.username);
    });
  }
  if (taken.length > 0 && taken.length < users.length) {
    log.warn({ realm, taken }, 'Some sample users were there already and stay as they are');
  }
};

/** The account of that name, as the caller of what is done in its name; null when its owner deleted it. */
export const userNamed = async (
  username: string,
  { core, realm, dialect }: Place,
): Promise<AccountPrincipal | null> => {
  const principal = { kind: 'anonymous', realm, dialect } as const;
  const account = await core.auth.account.find({ reference: { username } }, { principal });
  return account && asPrincipal(account, dialect);
};

const asPrincipal = ({ id, realm, number, handle, name }: Account, dialect: DialectName): AccountPrincipal => ({
  kind: 'account',
  realm,
  dialect,
  accountId: id,
  number,
  handle,
  name,
  sessionId: SessionId.parse(randomUUID()),
});
