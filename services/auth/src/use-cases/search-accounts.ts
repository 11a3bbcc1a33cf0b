import { type Account, type Auth, type Handlers, pageBytesMax } from '@parley/contracts';
import type { AuthDeps } from '../deps.js';

/** Public keys may be long: a page ends early rather than outgrow what a reply may hold. */
export const searchAccounts =
  ({ accounts }: Pick<AuthDeps, 'accounts'>): Handlers<Auth>['account']['search'] =>
  async (page, { principal }) =>
    fitting(await accounts.search(principal.realm, page), pageBytesMax);

const fitting = (found: readonly Account[], bytesMax: number): Account[] => {
  let bytes = 0;
  const end = found.findIndex((account) => (bytes += Buffer.byteLength(JSON.stringify(account)) + 1) > bytesMax);
  return end === -1 ? [...found] : found.slice(0, end);
};
