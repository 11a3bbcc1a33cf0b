import { isParleyError } from '@parley/client';
import { notify } from '../state/dialogs.js';
import { type PlainKey, t } from './translate.js';

const byReason: Readonly<Partial<Record<string, PlainKey>>> = {
  unreachable: 'error.unreachable',
  connect_deadline: 'error.unreachable',
  wrong_credentials: 'error.wrongCredentials',
  username_taken: 'error.usernameTaken',
  wrong_password: 'error.wrongPassword',
  last_owner: 'error.lastOwner',
  barred: 'error.barred',
  channel_full: 'error.channelFull',
  name_taken: 'error.nameTaken',
  edit_window_over: 'error.editWindow',
  signed_out: 'error.signedOut',
};

const byCode: Readonly<Partial<Record<string, PlainKey>>> = {
  unavailable: 'error.unavailable',
  rate_limited: 'error.rateLimited',
  forbidden: 'error.forbidden',
  not_found: 'error.notFound',
  unauthenticated: 'error.signedOut',
  invalid: 'error.invalid',
};

/** The key of the sentence that says what is wrong and what to do. */
export const sentenceFor = (error: unknown): PlainKey =>
  isParleyError(error) ? (byReason[error.reason] ?? byCode[error.code] ?? 'error.unexpected') : 'error.unexpected';

/** Shows the person that something failed; what was aborted has not. */
export const tellError = (error: unknown): void => {
  if (error instanceof Error && error.name === 'AbortError') return;
  notify(t(sentenceFor(error)));
};
