import { type Auth, type Handlers, type Realm, notFound } from '@parley/contracts';
import type { ImportGate } from '@parley/postgres';
import { requireLive, requireSystem } from './callers.js';
import type { AuthDeps } from './deps.js';
import type { GrantDeps } from './grants.js';
import type { Handler, Outcomes } from './outcomes.js';
import { changePassword } from './use-cases/change-password.js';
import { deleteAccount } from './use-cases/delete-account.js';
import { endOtherSessions } from './use-cases/end-other-sessions.js';
import { endSession } from './use-cases/end-session.js';
import { findAccount } from './use-cases/find-account.js';
import { importAccounts } from './use-cases/import-accounts.js';
import { issueTicket } from './use-cases/issue-ticket.js';
import { issueToken } from './use-cases/issue-token.js';
import { listPreferenceChanges } from './use-cases/list-preference-changes.js';
import { listRevocations } from './use-cases/list-revocations.js';
import { listSessions } from './use-cases/list-sessions.js';
import { redeemTicket } from './use-cases/redeem-ticket.js';
import { refreshToken } from './use-cases/refresh-token.js';
import { registerAccount } from './use-cases/register-account.js';
import { renameAccount } from './use-cases/rename-account.js';
import { searchAccounts } from './use-cases/search-accounts.js';
import { setName } from './use-cases/set-name.js';
import { setPreferences } from './use-cases/set-preferences.js';
import { signIn } from './use-cases/sign-in.js';
import { verifyToken } from './use-cases/verify-token.js';

type Calls = Handlers<Auth>;

/** What handlers are wrapped in. */
interface Guards {
  /** Accepts known realms. */
  existing<I, O>(handler: Handler<I, O>): Handler<I, O>;
  /** Accepts known realms that are not being imported: for what clients ask. */
  open<I, O>(handler: Handler<I, O>): Handler<I, O>;
  readonly counted: Outcomes['counted'];
}

export const createGuards = (
  { config, importGate }: Pick<AuthDeps, 'config' | 'importGate'>,
  { counted }: Outcomes,
): Guards => {
  const existing = inKnownRealm(config.realms);
  return { existing, counted, open: (handler) => existing(whileOpen(importGate, handler)) };
};

export const importHandlers = (deps: Pick<AuthDeps, 'imports' | 'clock'>, { existing }: Guards): Calls['import'] => {
  const imports = importAccounts(deps);
  return {
    begin: existing(imports.begin),
    find: existing(imports.find),
    accounts: existing(imports.accounts),
    progress: existing(imports.progress),
    finish: existing(imports.finish),
  };
};

export const accountHandlers = (
  deps: Pick<AuthDeps, 'accounts' | 'sessions' | 'preferences' | 'hasher' | 'bus' | 'clock' | 'config'>,
  { existing, open, counted }: Guards,
): Calls['account'] => ({
  register: open(counted('register', registerAccount(deps))),
  find: open(findAccount(deps)),
  lookup: existing(({ ids }, { principal }) => deps.accounts.lookup(principal.realm, ids)),
  named: open(({ usernames }, { principal }) => deps.accounts.named(principal.realm, usernames)),
  deleted: existing(async ({ ids }, context) => {
    requireSystem(context);
    return deps.accounts.deleted(context.principal.realm, ids);
  }),
  contacts: existing(async ({ ids }, context) => {
    requireSystem(context);
    return deps.accounts.contacts(context.principal.realm, ids);
  }),
  rename: open(renameAccount(deps)),
  setName: open(setName(deps)),
  me: open(async (_input, context) => (await requireLive(deps, context)).account),
  search: open(searchAccounts(deps)),
  setPreferences: open(setPreferences(deps)),
  // Preferences, keys and revocations are the same in every realm.
  preferenceChanges: listPreferenceChanges(deps),
  changePassword: open(changePassword(deps)),
  delete: open(deleteAccount(deps)),
});

/** The tokens of a new session. */
export const signInHandlers = (
  deps: GrantDeps & Pick<AuthDeps, 'accounts' | 'hasher'>,
  { open, counted }: Guards,
): Pick<Calls['token'], 'signIn' | 'issue'> => ({
  signIn: open(counted('sign_in', signIn(deps))),
  issue: open(issueToken(deps)),
});

/** The tokens of a session that exists, and what verifies them. */
export const tokenHandlers = (
  deps: GrantDeps & Pick<AuthDeps, 'secrets' | 'log'>,
  { open, counted }: Guards,
): Omit<Calls['token'], 'signIn' | 'issue'> => ({
  refresh: open(counted('refresh', refreshToken(deps))),
  verify: open(verifyToken(deps)),
  keys: async () => ({ keys: [...deps.keyRing.publicKeys], now: new Date(deps.clock()).toISOString() }),
  revocations: listRevocations(deps),
});

export const sessionHandlers = (
  deps: Pick<AuthDeps, 'sessions' | 'bus' | 'clock'>,
  { open }: Guards,
): Calls['session'] => ({
  list: open(listSessions(deps)),
  end: open(endSession(deps)),
  endOthers: open(endOtherSessions(deps)),
});

export const requestHandlers = ({ requests }: Pick<AuthDeps, 'requests'>): Calls['request'] => ({
  claim: async ({ scope, fingerprint }, context) => {
    requireSystem(context);
    return requests.claim(scope, fingerprint);
  },
  complete: async ({ scope, response }, context) => {
    requireSystem(context);
    await requests.complete(scope, response);
    return {};
  },
  release: async ({ scope }, context) => {
    requireSystem(context);
    await requests.release(scope);
    return {};
  },
});

export const ticketHandlers = (
  deps: Pick<AuthDeps, 'sessions' | 'tickets' | 'clock'>,
  { open }: Guards,
): Calls['ticket'] => ({
  issue: open(issueTicket(deps)),
  redeem: open(redeemTicket(deps)),
});

const inKnownRealm =
  (realms: readonly Realm[]) =>
  <I, O>(handler: Handler<I, O>): Handler<I, O> =>
  async (input, context) => {
    if (!realms.includes(context.principal.realm)) throw notFound('realm');
    return handler(input, context);
  };

const whileOpen =
  <I, O>(importGate: ImportGate, handler: Handler<I, O>): Handler<I, O> =>
  async (input, context) => {
    await importGate(context.principal.realm);
    return handler(input, context);
  };
