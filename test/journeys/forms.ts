import { type PlatformForm, platformForms } from '@parley/testing';

/** One of ours, or a Parley that somebody else runs: `PARLEY_TEST_URLS` says where, with commas between several gateways. */
export type Form = PlatformForm | 'given';

export const givenUrls = (text = process.env.PARLEY_TEST_URLS): readonly string[] =>
  (text ?? '')
    .split(',')
    .map((url) => url.trim().replace(/\/$/, ''))
    .filter((url) => url !== '');

/** The one process, and the stack that differs from it most: what holds on both was never seen to fail on one of each. */
const formsByDefault: readonly PlatformForm[] = ['standalone', 'stack-twice'];

/**
 * The forms on which journeys are made: the given one alone where there is one, else those that `PARLEY_TEST_FORMS`
 * names (`stack-twice` or `standalone,stack`), else two of the three.
 */
export const formsUnderTest = (named = process.env.PARLEY_TEST_FORMS): readonly Form[] =>
  givenUrls().length > 0 ? ['given'] : formsToStart(named);

export const formsToStart = (named = process.env.PARLEY_TEST_FORMS): readonly PlatformForm[] => {
  if (givenUrls().length > 0) return [];
  if (named === undefined || named === '') return formsByDefault;
  const names = named.split(',');
  const unknown = names.filter((name) => !platformForms.some((form) => form === name));
  if (unknown.length > 0) throw new Error(`PARLEY_TEST_FORMS: ${unknown.join()} is none of ${platformForms.join()}`);
  return platformForms.filter((form) => names.includes(form));
};

/** The realm besides its own into which v1 may open on every platform. */
export const furtherRealm = 'mesh';
