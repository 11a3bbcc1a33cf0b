import { type AccountPrincipal, type Context, type DialectName, Fault } from '@parley/contracts';
import type { Sessions, Speaker } from './store/sessions.js';

export const requireAccount = ({ principal }: Context): AccountPrincipal => {
  if (principal.kind !== 'account') throw new Fault('unauthenticated', 'not_signed_in', 'Sign in first');
  return principal;
};

export const requireSystem = ({ principal }: Context): void => {
  if (principal.kind !== 'system') throw new Fault('forbidden', 'system_only', 'Only Parley itself may ask for this');
};

/** The dialect of the caller. Parley itself has none and can hold no token. */
export const dialectOf = ({ principal }: Context): DialectName => {
  if (principal.kind === 'system') {
    throw new Fault('forbidden', 'dialect_missing', 'A token belongs to a dialect, and this caller has none');
  }
  return principal.dialect;
};

export interface LiveSpeaker extends Speaker {
  readonly principal: AccountPrincipal;
}

/** The caller, after checking that its session is still live: an access token may outlive its session. */
export const requireLive = async (
  { sessions }: { readonly sessions: Pick<Sessions, 'speaker'> },
  context: Context,
): Promise<LiveSpeaker> => {
  const principal = requireAccount(context);
  const speaker = await sessions.speaker(principal);
  if (!speaker) throw new Fault('unauthenticated', 'account_gone', 'This account was deleted');
  if (!speaker.sessionLives) throw sessionEnded();
  return { ...speaker, principal };
};

export const sessionEnded = (): Fault =>
  new Fault('unauthenticated', 'session_ended', 'This session has ended; sign in again');
