import { randomUUID } from 'node:crypto';
import { type Account, AccountId, type Handlers, type Auth } from '@parley/contracts';
import type { AuthDeps } from '../deps.js';
import { checkRegistration, displayNames } from '../domain/account.js';
import { turnOf } from '../passwords/fair-queue.js';

type Register = Handlers<Auth>['account']['register'];

/** Makes an account in the caller's realm; the constraints of the store decide between concurrent requests for the same name. */
export const registerAccount =
  ({ accounts, hasher, clock, config }: Pick<AuthDeps, 'accounts' | 'hasher' | 'clock' | 'config'>): Register =>
  async (input, { principal, deadline }): Promise<Account> => {
    checkRegistration(input);
    const id = AccountId.parse(randomUUID());
    const handle = input.handle ?? id;
    const account = {
      id,
      realm: principal.realm,
      kind: input.kind,
      username: input.username ?? null,
      email: input.email ?? null,
      handle,
      sharesHandle: input.sharesHandle,
      names: displayNames(input, handle),
      firstName: input.firstName ?? null,
      lastName: input.lastName ?? null,
      publicKey: input.publicKey ?? null,
      password:
        input.password === undefined ? null : await hasher.hash(input.password, turnOf(input.network, deadline)),
      createdAt: new Date(clock()),
    };
    return accounts.register(account, config.devicesPerHandle);
  };
