import { type Auth, type DialectName, Fault, type Grant, type Handlers } from '@parley/contracts';
import { dialectOf } from '../callers.js';
import type { AuthDeps } from '../deps.js';
import { type GrantDeps, openGrant } from '../grants.js';
import { type Turn, turnOf } from '../passwords/fair-queue.js';
import type { Candidate } from '../store/accounts.js';

type SignInDeps = GrantDeps & Pick<AuthDeps, 'accounts' | 'hasher'>;

const wrongCredentials = (): Fault =>
  new Fault('unauthenticated', 'wrong_credentials', 'The name or the password is wrong');

/** A concurrent sign-in may rehash the password between our reading it and our opening a session: then it is read again, once. */
const attempts = 2;

/** Exchanges a login and a password for a grant; an unknown name costs the same hash as a known one. */
export const signIn =
  (deps: SignInDeps): Handlers<Auth>['token']['signIn'] =>
  async ({ login, by, password, network }, context) => {
    const dialect = dialectOf(context);
    const turn = turnOf(network, context.deadline);
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const candidates = await deps.accounts.candidates(context.principal.realm, login, by);
      const proved = await firstProved(deps, candidates, { password, turn }, dialect);
      if (proved === 'none') throw wrongCredentials();
      if (proved !== 'changed') return proved;
    }
    throw wrongCredentials();
  };

const firstProved = async (
  deps: SignInDeps,
  candidates: readonly Candidate[],
  { password, turn }: { readonly password: string; readonly turn: Turn },
  dialect: DialectName,
): Promise<Grant | 'none' | 'changed'> => {
  if (candidates.length === 0) await deps.hasher.verify(null, password, turn);
  for (const candidate of candidates) {
    const { correct, fresh } = await deps.hasher.verify(candidate.password, password, turn);
    if (!correct) continue;
    const proof = { provedBy: candidate.password, rehashed: fresh ?? null };
    return (await openGrant(deps, candidate.account, dialect, proof)) ?? 'changed';
  }
  return 'none';
};
