import { type Auth, type Handlers, pageBytesMax } from '@parley/contracts';
import type { AuthDeps } from '../deps.js';

/** Public keys may be long: a page ends early rather than outgrow what a reply may hold. */
export const searchAccounts =
  ({ accounts }: Pick<AuthDeps, 'accounts'>): Handlers<Auth>['account']['search'] =>
  (page, { principal }) =>
    accounts.search(principal.realm, { ...page, bytesMax: pageBytesMax });
