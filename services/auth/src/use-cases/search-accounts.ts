import { type Auth, type Handlers, pageBytesMax } from '@parley/contracts';
import type { AuthDeps } from '../deps.js';

/** Public keys may be long: a page ends early to stay within the size of a reply. */
export const searchAccounts =
  ({ accounts }: Pick<AuthDeps, 'accounts'>): Handlers<Auth>['account']['search'] =>
  (page, { principal }) =>
    accounts.search(principal.realm, { ...page, bytesMax: pageBytesMax });
